package plugin

import (
	"crypto/sha256"
	"crypto/subtle"
	"strings"

	"github.com/gin-gonic/gin"
)

// Token is a static bearer token.
type Token struct {
	// Value is the token as clients send it, such as "secret-token:4fd8…". An
	// empty one matches nothing.
	Value string
	// Instance is the one instance that it is for, or "*" for all.
	Instance string
	// Scope is a scope of GNU Taler's merchant: "readonly" (every read), "all"
	// or "write" (everything). Any other, such as "order-simple", gives no
	// permission on webhooks. A suffix ":refreshable" is ignored.
	Scope string
}

// Tokens makes a Config.Authorize of static bearer tokens, which clients send
// as "Authorization: Bearer VALUE". A token of another instance counts as no
// token, whether that instance exists or not. Only the tokens' SHA-256 sums
// are kept, and all of them are compared, in constant time, whichever matches.
func Tokens(tokens ...Token) func(c *gin.Context, instance string, p Permission) error {
	type entry struct {
		sum   [sha256.Size]byte
		token Token
	}
	entries := make([]entry, 0, len(tokens))
	for _, t := range tokens {
		if t.Value == "" {
			continue
		}
		e := entry{sha256.Sum256([]byte(t.Value)), t}
		e.token.Value = ""
		entries = append(entries, e)
	}
	return func(c *gin.Context, instance string, p Permission) error {
		sum := sha256.Sum256([]byte(bearer(c.GetHeader("Authorization"))))
		answer := ErrUnauthenticated
		for _, e := range entries {
			if subtle.ConstantTimeCompare(sum[:], e.sum[:]) == 0 || (e.token.Instance != "*" && e.token.Instance != instance) {
				continue
			}
			switch {
			case grants(e.token.Scope, p):
				answer = nil
			case answer != nil:
				answer = ErrForbidden
			}
		}
		return answer
	}
}

// bearer takes the token out of an Authorization header; empty if there is none.
func bearer(header string) string {
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// grants tells what a scope of GNU Taler's merchant allows.
func grants(scope string, p Permission) bool {
	switch strings.TrimSuffix(scope, ":refreshable") {
	case "all", "write":
		return true
	case "readonly":
		return p == WebhooksRead
	}
	return false
}
