package handlers

import (
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
)

// webhookParam names the parameter of gin's routes that stands for the
// webhook's ID. Its value is never asked for: see mount.locate.
const webhookParam = "webhook_id"

// Register adds the API's routes to the group.
//
// It panics, as gin does, when a route can not stand beside the host's routes,
// and when the group's path already has a parameter of a name that the routes
// need: gin would give the host's value.
func (a *API) Register(r *gin.RouterGroup) {
	base := r.BasePath()
	a.refuseTakenParameters(base)
	mounts := []mount{{base: segments(base)}}
	if a.Instance == nil {
		mounts = append(mounts, mount{base: segments(base), instance: true})
	}
	for _, m := range mounts {
		prefix := ""
		if m.instance {
			prefix = "/instances/:" + a.InstanceParam
		}
		handler := func(c *gin.Context) { a.serve(c, m) }
		// Every path that gin could redirect, or answer in its own words, is
		// routed, so that the answer is ours whatever the engine's settings are.
		for _, pattern := range []string{"", "/", "/:" + webhookParam, "/:" + webhookParam + "/*rest"} {
			add(r, prefix+"/private/webhooks"+pattern, handler)
		}
		if a.Currency != nil {
			add(r, prefix+"/config", handler)
		}
	}
}

func (a *API) refuseTakenParameters(base string) {
	needed := []string{webhookParam}
	if a.Instance == nil {
		needed = append(needed, a.InstanceParam)
	}
	for _, name := range needed {
		if slices.Contains(segments(base), ":"+name) {
			panic(fmt.Sprintf("merchant-webhooks: the group's path %s already has a parameter :%s, which the routes of the plugin need; "+
				"rename it, or set Config.InstanceParam or Config.Instance", base, name))
		}
	}
}

// add routes all methods of a pattern, and says in one sentence what clashes
// where gin panics.
func add(r *gin.RouterGroup, pattern string, handler gin.HandlerFunc) {
	defer func() {
		if clash := recover(); clash != nil {
			panic(fmt.Sprintf("merchant-webhooks: the route %s can not be added beside the routes of the host: %v",
				path.Join(r.BasePath(), pattern), clash))
		}
	}()
	r.Any(pattern, handler)
}

// A mount is one place that the routes were added at.
type mount struct {
	base     []string // the group's own segments; parameters count as one each
	instance bool     // with /instances/:instance before the rest
}

// A location is what the path of a request says.
type location struct {
	endpoint  endpoint
	named     bool   // the path names the instance
	instance  string // may be anything, also empty
	webhookID string // may be anything but empty
}

// locate reads instance and webhook from the path as it was sent, by their
// place, and unescapes each once. gin's c.Param depends on the engine: with
// UseRawPath, UseEscapedPath and UnescapePathValues in some settings %2B comes
// as a space, in others %25 is unescaped twice.
func (m mount) locate(c *gin.Context) (location, bool) {
	sent := c.Request.URL.EscapedPath()
	if at, ok := m.parse(sent); ok {
		return at, true
	}
	// An engine with RemoveExtraSlash has matched the cleaned path.
	if strings.HasSuffix(c.FullPath(), "/*rest") {
		return location{}, false
	}
	cleaned := path.Clean(sent)
	if strings.HasSuffix(sent, "/") {
		cleaned += "/"
	}
	return m.parse(cleaned)
}

func (m mount) parse(escaped string) (at location, ok bool) {
	rest := segments(escaped)
	if len(rest) < len(m.base) {
		return location{}, false
	}
	rest = rest[len(m.base):]
	if m.instance {
		if len(rest) < 2 || unescape(rest[0]) != "instances" {
			return location{}, false
		}
		at.named, at.instance, rest = true, unescape(rest[1]), rest[2:]
	}
	if len(rest) == 1 && unescape(rest[0]) == "config" {
		at.endpoint = endpointConfig
		return at, true
	}
	if len(rest) < 2 || unescape(rest[0]) != "private" || unescape(rest[1]) != "webhooks" {
		return location{}, false
	}
	switch rest = rest[2:]; {
	case len(rest) == 0:
		at.endpoint = endpointWebhooks
		return at, true
	case len(rest) == 1 && rest[0] != "":
		at.endpoint, at.webhookID = endpointWebhook, unescape(rest[0])
		return at, true
	}
	return location{}, false
}

// segments splits a path that begins with a slash; "/" has none.
func segments(p string) []string {
	p = strings.TrimPrefix(p, "/")
	if p == "" {
		return nil
	}
	return strings.Split(p, "/")
}

// unescape undoes the percent-encoding of a segment of URL.EscapedPath, which
// is always well formed.
func unescape(segment string) string {
	text, err := url.PathUnescape(segment)
	if err != nil {
		return segment
	}
	return text
}
