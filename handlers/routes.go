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

// A half is what can be mounted by itself: the API, or the admin.
type half struct {
	operations table
	// patterns are gin's routes below a mount. Every path that gin could
	// redirect, or answer in its own words, is among them, so that the answer is
	// ours whatever the engine's settings are.
	patterns []string
	// before sets the headers of every answer, fail writes one that went wrong.
	before func(*call)
	fail   func(*call, error)
}

// RegisterAPI adds the API's routes to the group.
//
// It panics, as gin does, when a route can not stand beside the host's routes,
// and when the group's path already has a parameter of a name that the routes
// need: gin would give the host's value.
func (a *App) RegisterAPI(r *gin.RouterGroup) {
	a.apiBases = append(a.apiBases, r.BasePath())
	a.register(r, half{
		operations: a.apiTable(),
		patterns: slices.Concat(webhookPatterns("/private/webhooks"), withAllBelow("/private/webhook-deliveries"),
			withAllBelow("/private/openapi.json"), a.configPattern()),
		before: func(c *call) { a.setHeaders(c.Context) },
		fail:   a.fail,
	})
}

// RegisterAdmin adds the routes of the admin's pages to the group. It panics as
// RegisterAPI does.
func (a *App) RegisterAdmin(r *gin.RouterGroup) {
	a.adminBases = append(a.adminBases, r.BasePath())
	a.register(r, half{
		operations: a.adminTable(),
		patterns:   append(webhookPatterns("/admin/webhooks"), "/admin/webhook-assets/:"+webhookParam),
		before:     a.setPageHeaders,
		fail:       a.failPage,
	})
}

func webhookPatterns(list string) []string {
	return []string{list, list + "/", list + "/:" + webhookParam, list + "/:" + webhookParam + "/*rest"}
}

func withAllBelow(path string) []string { return []string{path, path + "/*rest"} }

func (a *App) configPattern() []string {
	if a.Currency == nil {
		return nil
	}
	return []string{"/config"}
}

func (a *App) register(r *gin.RouterGroup, h half) {
	base := r.BasePath()
	a.refuseTakenParameters(base)
	mounts := []mount{{half: h, base: segments(base)}}
	if a.Instance == nil {
		mounts = append(mounts, mount{half: h, base: segments(base), instance: true})
	}
	for _, m := range mounts {
		prefix := ""
		if m.instance {
			prefix = "/instances/:" + a.InstanceParam
		}
		handler := func(c *gin.Context) { a.serve(c, m) }
		for _, pattern := range h.patterns {
			add(r, prefix+pattern, handler)
		}
	}
}

func (a *App) refuseTakenParameters(base string) {
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

// A mount is one place that a half's routes were added at.
type mount struct {
	half
	base     []string // the group's own segments; parameters count as one each
	instance bool     // with /instances/:instance before the rest
}

// A location is what the path of a request says.
type location struct {
	endpoint endpoint
	named    bool   // the path names the instance
	instance string // may be anything, also empty
	values   parameters

	sent  []string // the path's segments as they were sent
	depth int      // how many of them are the endpoint's
	// level is depth as the client counts it: where the engine has removed slashes
	// it counts the empty segments too.
	level int
}

// root is the path before the endpoint as it was sent, without a slash at its
// end.
func (at location) root() string {
	before := at.sent[:len(at.sent)-at.depth]
	if len(before) == 0 {
		return ""
	}
	return "/" + strings.Join(before, "/")
}

// locate reads instance and webhook from the path as it was sent, by their
// place, and unescapes each once. gin's c.Param depends on the engine: with
// UseRawPath, UseEscapedPath and UnescapePathValues in some settings %2B comes
// as a space, in others %25 is unescaped twice.
func (m mount) locate(c *gin.Context) (location, bool) {
	sent := c.Request.URL.EscapedPath()
	at, ok := m.parse(sent)
	if ok || m.listInPlace(at) && strings.HasSuffix(c.FullPath(), "/*rest") {
		return at, ok
	}
	// An engine with RemoveExtraSlash has matched the cleaned path.
	cleaned := path.Clean(sent)
	if strings.HasSuffix(sent, "/") {
		cleaned += "/"
	}
	at, ok = m.parse(cleaned)
	at.level = levelOf(segments(sent), at)
	return at, ok
}

// listInPlace reports whether the path that was sent has what all paths of the
// mount begin with where it belongs. Without that only an engine that removes
// slashes can have brought the request here.
func (m mount) listInPlace(at location) bool {
	n := len(m.base) + 2
	if m.instance {
		n += 2
	}
	if len(at.sent) < n {
		return false
	}
	_, ok := m.parse("/" + strings.Join(at.sent[:n], "/"))
	return ok
}

// levelOf is how many segments of a path, empty ones too, are the endpoint's at a
// location that was found in the cleaned path.
func levelOf(sent []string, at location) int {
	left := 0
	for _, segment := range at.sent[len(at.sent)-at.depth:] {
		if segment != "" {
			left++
		}
	}
	level := 0
	for i := len(sent) - 1; i >= 0 && left > 0; i-- {
		if sent[i] != "" {
			left--
		}
		level++
	}
	return level
}

// parse gives what it can say of a path that is of no endpoint too.
func (m mount) parse(escaped string) (at location, ok bool) {
	at.sent = segments(escaped)
	if len(at.sent) < len(m.base) {
		return at, false
	}
	rest := slices.Clone(at.sent[len(m.base):])
	for i, segment := range rest {
		rest[i] = unescape(segment)
	}
	if m.instance {
		if len(rest) < 2 || rest[0] != "instances" {
			return at, false
		}
		at.named, at.instance, rest = true, rest[1], rest[2:]
	}
	at.endpoint, at.values, ok = m.operations.locate(rest)
	at.depth, at.level = len(rest), len(rest)
	return at, ok
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
