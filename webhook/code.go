package webhook

import (
	"net/http"
	"slices"
)

// Code is a number of GNU Taler's public error-code registry. Clients test the
// code, never the hint or the detail.
type Code int

// The codes that this API answers with, named as in the registry (GANA,
// gnu-taler-error-codes).
const (
	CodeTokenPermissionInsufficient Code = 16
	CodeMethodInvalid               Code = 20
	CodeEndpointUnknown             Code = 21
	CodeJSONInvalid                 Code = 22
	CodeParameterMalformed          Code = 26
	CodeCompressionInvalid          Code = 28
	CodeUploadExceedsLimit          Code = 32
	CodeForbidden                   Code = 44
	CodeDBStartFailed               Code = 51
	CodeDBStoreFailed               Code = 52
	CodeDBFetchFailed               Code = 53
	CodeDBCommitFailed              Code = 54
	CodeDBSoftFailure               Code = 55
	CodeInternalInvariantFailure    Code = 60
	CodeInstanceUnknown             Code = 2000
	CodeUnauthorized                Code = 2015
	CodeWebhookUnknown              Code = 2019
	CodeWebhookExists               Code = 2900
)

// A codeRow is what the registry says about a code, with the status that this
// API answers it with.
type codeRow struct {
	code   Code
	name   string
	status int
	hint   string
}

// codes is the one table of codes, names, statuses and hints.
var codes = []codeRow{
	{CodeTokenPermissionInsufficient, "GENERIC_TOKEN_PERMISSION_INSUFFICIENT", http.StatusForbidden, "The access token is valid, but its scope does not allow this operation."},
	{CodeMethodInvalid, "GENERIC_METHOD_INVALID", http.StatusMethodNotAllowed, "The HTTP method is not allowed for this endpoint."},
	{CodeEndpointUnknown, "GENERIC_ENDPOINT_UNKNOWN", http.StatusNotFound, "There is no endpoint at this path."},
	{CodeJSONInvalid, "GENERIC_JSON_INVALID", http.StatusBadRequest, "The JSON in the body of the request is malformed or holds a value that is not allowed."},
	{CodeParameterMalformed, "GENERIC_PARAMETER_MALFORMED", http.StatusBadRequest, "A parameter of the request is malformed."},
	{CodeCompressionInvalid, "GENERIC_COMPRESSION_INVALID", http.StatusBadRequest, "The body of the request could not be decompressed."},
	{CodeUploadExceedsLimit, "GENERIC_UPLOAD_EXCEEDS_LIMIT", http.StatusRequestEntityTooLarge, "The body of the request is larger than the server accepts."},
	{CodeForbidden, "GENERIC_FORBIDDEN", http.StatusForbidden, "The server refuses this operation."},
	{CodeDBStartFailed, "GENERIC_DB_START_FAILED", http.StatusInternalServerError, "The server could not reach its database."},
	{CodeDBStoreFailed, "GENERIC_DB_STORE_FAILED", http.StatusInternalServerError, "The server could not write to its database."},
	{CodeDBFetchFailed, "GENERIC_DB_FETCH_FAILED", http.StatusInternalServerError, "The server could not read from its database."},
	{CodeDBCommitFailed, "GENERIC_DB_COMMIT_FAILED", http.StatusInternalServerError, "The server could not commit to its database."},
	{CodeDBSoftFailure, "GENERIC_DB_SOFT_FAILURE", http.StatusInternalServerError, "The server's database was too busy with conflicting changes. Try again."},
	{CodeInternalInvariantFailure, "GENERIC_INTERNAL_INVARIANT_FAILURE", http.StatusInternalServerError, "The server met a state that it should never be in."},
	{CodeInstanceUnknown, "MERCHANT_GENERIC_INSTANCE_UNKNOWN", http.StatusNotFound, "There is no such instance."},
	{CodeUnauthorized, "MERCHANT_GENERIC_UNAUTHORIZED", http.StatusUnauthorized, "The request lacks valid credentials."},
	{CodeWebhookUnknown, "MERCHANT_GENERIC_WEBHOOK_UNKNOWN", http.StatusNotFound, "There is no such webhook in this instance."},
	{CodeWebhookExists, "MERCHANT_PRIVATE_POST_WEBHOOKS_CONFLICT_WEBHOOK_EXISTS", http.StatusConflict, "A webhook with this ID exists already, with other values."},
}

// Codes are all codes, in the registry's order.
func Codes() []Code {
	all := make([]Code, len(codes))
	for i, r := range codes {
		all[i] = r.code
	}
	return all
}

// row finds a code's row; a code that the table lacks reads as
// CodeInternalInvariantFailure.
func (c Code) row() codeRow {
	i := slices.IndexFunc(codes, func(r codeRow) bool { return r.code == c })
	if i < 0 {
		return CodeInternalInvariantFailure.row()
	}
	return codes[i]
}

// Status is the HTTP status that the code is answered with.
func (c Code) Status() int { return c.row().status }

// IsFault reports whether the fault is the server's, not the client's.
func (c Code) IsFault() bool { return c.Status() >= http.StatusInternalServerError }

// Hint is the code's fixed English text.
func (c Code) Hint() string { return c.row().hint }

// String is the code's name in the registry.
func (c Code) String() string { return c.row().name }
