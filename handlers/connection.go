package handlers

import (
	"net/http"
	"reflect"
	"time"
)

// connectionOf controls the connection below an answer, also where a middleware
// of the host has put a writer of its own before gin's. Those embed gin's
// interface, which has no Unwrap, and http.ResponseController finds nothing
// behind them: no body would ever be late, and no list could be cut off.
func connectionOf(w http.ResponseWriter) *http.ResponseController {
	for {
		switch outer := w.(type) {
		case interface{ SetReadDeadline(time.Time) error }:
			return http.NewResponseController(w)
		case interface{ Unwrap() http.ResponseWriter }:
			w = outer.Unwrap()
		default:
			inner := embedded(w)
			if inner == nil {
				return http.NewResponseController(w)
			}
			w = inner
		}
	}
}

// embedded gives the writer that a struct embeds: gin's interface, or net/http's;
// nil where it embeds none.
func embedded(w http.ResponseWriter) http.ResponseWriter {
	v := reflect.Indirect(reflect.ValueOf(w))
	if v.Kind() != reflect.Struct {
		return nil
	}
	field, found := v.Type().FieldByName("ResponseWriter")
	if !found || len(field.Index) > 1 {
		return nil
	}
	inner, _ := v.FieldByIndex(field.Index).Interface().(http.ResponseWriter)
	return inner
}
