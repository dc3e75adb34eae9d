package repo

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"pgregory.net/rapid"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/bouncer"
	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// ids are those of the rows found.
func ids(f Found) (ids []string) {
	for _, row := range f.Rows {
		ids = append(ids, row.ID)
	}
	return ids
}

func search(t testing.TB, r *Repo, instance string, s Search) Found {
	t.Helper()
	found, err := r.Search(t.Context(), instance, s)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// ways are those in which a statement is run.
var ways = map[string]func(t *testing.T) *Repo{
	"prepared":   func(t *testing.T) *Repo { return fresh(t) },
	"unprepared": func(t *testing.T) *Repo { return over(t, fresh(t).db, Options{Unprepared: true}) },
	"H10 bouncer": func(t *testing.T) *Repo {
		db := connect(t, bouncer.Start(t, database(t)), func(c *pq.Config) { c.BinaryParameters = true })
		return over(t, db, Options{Unprepared: true})
	},
}

func TestSearchPages(t *testing.T) {
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			r := way(t)
			const n = 7
			serials := make([]int64, n+1) // of the newest, the second newest …, and one that was older than all
			create(t, r, "admin", named(sample, "oldest"))
			serials[n] = search(t, r, "admin", Search{Limit: 1}).Rows[0].Serial
			want(t, errOf(r.Delete(t.Context(), "admin", "oldest")), none, "")
			for i := range n {
				create(t, r, "admin", named(sample, fmt.Sprint("w", n-1-i)), named(sample, fmt.Sprint("odd ", i)))
				create(t, r, "sandbox", named(sample, fmt.Sprint("w", i)))
				serials[n-1-i] = search(t, r, "admin", Search{Text: fmt.Sprint("w", n-1-i), Limit: 1}).Rows[0].Serial
				want(t, errOf(r.Delete(t.Context(), "admin", fmt.Sprint("odd ", i))), none, "")
			}
			for _, text := range []string{"", "W"} {
				for limit := 1; limit <= n+1; limit++ {
					for at, from := range serials {
						got := search(t, r, "admin", Search{Text: text, From: from, Limit: limit})
						checkPage(t, got, min(at+1, n), limit, n)
						got = search(t, r, "admin", Search{Text: text, From: from, Backwards: true, Limit: limit})
						checkPage(t, got, max(0, at-limit), limit, n)
					}
					checkPage(t, search(t, r, "admin", Search{Text: text, Limit: limit}), 0, limit, n)
				}
			}
		})
	}
}

// checkPage wants the page of all the webhooks w0, w1 … that begins with the
// one of that index.
func checkPage(t *testing.T, got Found, begin, limit, n int) {
	t.Helper()
	end := min(begin+limit, n)
	var wanted []string
	for i := begin; i < end; i++ {
		wanted = append(wanted, fmt.Sprint("w", i))
	}
	first := begin + 1
	if begin == n {
		first = 0
	}
	if !slices.Equal(ids(got), wanted) || got.Count != n || got.First != first || got.Newer != (begin > 0) || got.Older != (end < n) {
		t.Errorf("A1 got %v, %d of %d, newer %v, older %v; want %v, %d of %d", ids(got), got.First, got.Count, got.Newer, got.Older, wanted, first, n)
	}
}

func TestSearch(t *testing.T) {
	r := fresh(t)
	create(t, r, "admin", sample,
		webhook.Webhook{ID: "Erp Ü", EventType: "refund", URL: "https://Nutzer:Kennwort@ERP.Example.com/Hook?a=%20b", HTTPMethod: "PUT"})
	create(t, r, "sandbox", named(sample, "theirs"))
	t.Run("A1 what a row tells", func(t *testing.T) {
		row := search(t, r, "admin", Search{Limit: 1}).Rows[0]
		wanted := Row{row.Serial, "Erp Ü", "refund", "https://Nutzer:Kennwort@ERP.Example.com/Hook?a=%20b", "PUT"}
		if row != wanted || row.Serial < 1 {
			t.Errorf("it is %+v, want %+v", row, wanted)
		}
	})
	t.Run("C8 an unknown instance, and one that is empty", func(t *testing.T) {
		want(t, r.AddInstance(t.Context(), nil, "empty"), none, "")
		for _, text := range []string{"", "a"} {
			for _, s := range []Search{{Text: text, Limit: 1}, {Text: text, From: 1, Limit: 1}, {Text: text, From: 1, Backwards: true, Limit: 1}} {
				_, err := r.Search(t.Context(), "nobody", s)
				want(t, err, webhook.CodeInstanceUnknown, "nobody")
				if found := search(t, r, "empty", s); len(found.Rows) > 0 || found.Count != 0 || found.First != 0 || found.Newer || found.Older {
					t.Errorf("%+v finds %+v", s, found)
				}
			}
		}
	})
	t.Run("A1 a position that can not be", func(t *testing.T) {
		for _, from := range []int64{-1, -1 << 63} {
			if found := search(t, r, "admin", Search{From: from, Backwards: true, Limit: 1}); found.First != 1 || found.Count != 2 {
				t.Errorf("from %d: %+v", from, found)
			}
		}
	})
	for text, wanted := range map[string]string{
		"erp": "Erp Ü", "ERP ü": "Erp Ü", "rP Ü": "Erp Ü", "ü": "Erp Ü", "REFUND": "Erp Ü", "hook?a=%20B": "Erp Ü",
		"https://erp.example.com/": "Erp Ü", "//ERP": "Erp Ü", "hook": "Erp Ü hook", "HTTPS://": "Erp Ü hook",
		"shop.example": "hook", "pay": "hook", "/hooks": "hook", "example": "Erp Ü hook",

		"nutzer": "", "Kennwort": "", "Nutzer:Kennwort": "", ":K": "", "t@ERP": "", "@": "",
		"PUT": "", "POST": "", "application/json": "", "order_id": "", "theirs": "",
		"%": "Erp Ü", "_": "", "%erp%": "", "e_p": "", `\`: "", `E\rp`: "", ".*": "", "erp|hook": "", "[e]rp": "", "^erp": "", "(?i)erp": "", "***:erp": "",
		" ": "Erp Ü", "erp ü\nrefund": "", "\n": "", "\x00": "", "e\x00": "", "\xff": "", "erp\xff": "", "\u0080": "",
		"s\u0131": "", "u\u0308": "", "Ǖ": "",
		strings.Repeat("erp", 10_000): "", strings.Repeat("ü", maxNeedle/2): "", strings.Repeat("ü", maxNeedle): "",
	} {
		t.Run(fmt.Sprintf("A1 %.20q finds %s", text, wanted), func(t *testing.T) {
			found := search(t, r, "admin", Search{Text: text, Limit: 10})
			if got := strings.Join(ids(found), " "); got != wanted || found.Count != len(found.Rows) {
				t.Errorf("it finds %q, of %d", got, found.Count)
			}
		})
	}
	t.Run("A1 events that match in the reader's language", func(t *testing.T) {
		for _, c := range []struct {
			text   string
			events []string
			wanted string
		}{
			{"bezahlt", []string{"pay"}, "hook"},
			{"erp", []string{"pay"}, "Erp Ü hook"},
			{"bezahlt", []string{"pay", "refund"}, "Erp Ü hook"},
			{"bezahlt", []string{"order_created"}, ""},
			{"\x00", []string{"pay"}, "hook"},
			{"", []string{"pay"}, "Erp Ü hook"},
		} {
			if got := strings.Join(ids(search(t, r, "admin", Search{Text: c.text, EventTypes: c.events, Limit: 10})), " "); got != c.wanted {
				t.Errorf("%q with %v finds %q, want %q", c.text, c.events, got, c.wanted)
			}
		}
	})
}

// TestSearchURL: all of a URL is found but its user and password.
func TestSearchURL(t *testing.T) {
	r := fresh(t)
	long := "https://" + strings.Repeat("@", webhook.MaxURLBytes-len("https://Z")) + "Z"
	for url, wanted := range map[string]string{
		"https://erp.example.com":                "https://erp.example.com",
		"https://user@erp.example.com/p":         "https://erp.example.com/p",
		"HTTP://U:Pass@Erp.example.com:80?q":     "http://erp.example.com:80?q",
		"https://user:p@ss@erp.example.com/":     "https://erp.example.com/",
		"https://user:pä%40@erp.example.com/":    "https://erp.example.com/",
		"https://erp.example.com/a@b":            "https://erp.example.com/a@b",
		"https://erp.example.com?a@b":            "https://erp.example.com?a@b",
		"https://u:p@erp.example.com/a@b?c@d":    "https://erp.example.com/a@b?c@d",
		"https://erp.example.com/http://u:p@h/":  "https://erp.example.com/http://u:p@h/",
		"https://u:p@erp.example.com/http://h@i": "https://erp.example.com/http://h@i",
		"https://u:p@[2001:db8::1]:8080/":        "https://[2001:db8::1]:8080/",
		"https://Пароль@erp.example.com/":        "https://erp.example.com/",
		long:                                     "https://z",
	} {
		t.Run(fmt.Sprintf("A1 %.40s", url), func(t *testing.T) {
			w := other(sample, func(w *webhook.Webhook) { w.URL = url })
			create(t, r, "admin", w)
			defer func() { want(t, errOf(r.Delete(t.Context(), "admin", w.ID)), none, "") }()
			for begin := range wanted {
				if begin%5 == 0 && idsOf(t, r, strings.ToUpper(wanted[begin:])) == nil {
					t.Errorf("%q is not found", wanted[begin:])
				}
			}
			for _, hidden := range []string{"user", "u:", ":p", "pass", "ss@", "p@e", "pä", "пароль", "/u", "@@", "@z", "x" + wanted, wanted + "x"} {
				if !strings.Contains(wanted, hidden) && idsOf(t, r, hidden) != nil {
					t.Errorf("%q is found", hidden)
				}
			}
		})
	}
}

// TestSearchByLocale: whatever the database's locale says about letters.
func TestSearchByLocale(t *testing.T) {
	admin := pgtest.DB(t)
	for _, locale := range []string{"C", "C.UTF-8"} {
		t.Run("A1 the locale "+locale, func(t *testing.T) {
			r := over(t, withLocale(t, admin, locale), Options{})
			ids := []string{"Bücher", "ΣΊΣΥΦΟΣ", "Заказ", "STRASSE", "ẞ", "Ａ", "ǅ", "\u212A", "ſ", "𐐀", "日本"}
			for _, id := range ids {
				create(t, r, "admin", named(sample, id))
			}
			for text, wanted := range map[string]string{
				"bÜCHER": "Bücher", "BÜCHER": "Bücher", "sbü": "", "ÜCH": "Bücher", "σίσυφος": "ΣΊΣΥΦΟΣ", "ΣΊΣΥΦΟς": "ΣΊΣΥΦΟΣ",
				"заказ": "Заказ", "ЗАКАЗ": "Заказ", "зАкА": "Заказ", "закаы": "", "зак аз": "", "strasse": "STRASSE",
				"\u212A": "\u212A", "ſ": "ſ", "ß": "ẞ", "ａ": "Ａ", "Ǆ": "ǅ", "ǆ": "ǅ", "𐐨": "𐐀", "日本": "日本", "本": "日本",
			} {
				if got := strings.Join(idsOf(t, r, text), " "); got != wanted {
					t.Errorf("%q finds %q, want %q", text, got, wanted)
				}
			}
		})
	}
}

func idsOf(t *testing.T, r *Repo, text string) []string {
	t.Helper()
	return ids(search(t, r, "admin", Search{Text: text, Limit: 100}))
}

// withLocale is a migrated database of that locale, with the instance admin.
func withLocale(t *testing.T, admin *sqlx.DB, locale string) *sqlx.DB {
	t.Helper()
	config, err := pq.NewConfig(pgtest.DSN(t))
	if err != nil {
		t.Fatal(err)
	}
	name := config.Database + "_locale"
	if _, err := admin.Exec(fmt.Sprintf("CREATE DATABASE %s ENCODING 'UTF8' LC_COLLATE '%s' LC_CTYPE '%s' TEMPLATE template0", name, locale, locale)); err != nil {
		t.Skipf("this machine has no locale %s: %v", locale, err)
	}
	t.Cleanup(func() { admin.MustExec("DROP DATABASE " + name + " WITH (FORCE)") })
	config.Database = name
	made, err := pq.NewConnectorConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	db := pool(t, made, 4)
	if err := migrate(db.DB, defaultSchema); err != nil {
		t.Fatal(err)
	}
	db.MustExec("INSERT INTO merchant_webhooks.instance (instance_id) VALUES ('admin')")
	return db
}

// TestSearchAsTyped looks for a part of what is stored, in any case, and for
// what is in the URL's user and password.
func TestSearchAsTyped(t *testing.T) {
	for name, o := range map[string]Options{"prepared": {}, "unprepared": {Unprepared: true}} {
		t.Run("A1 "+name, func(t *testing.T) {
			r := over(t, fresh(t).db, o)
			sign := rapid.OneOf(rapid.SampledFrom([]rune(`%_*.+?[](){}^$|-'"&!<>=:,;~@ aAzZkKsSüÜßẞΣςσİıǅé漢😀`+"\u212A\u017F")), rapid.Rune()).
				Filter(func(c rune) bool { return !strings.ContainsRune("/\\#", c) && isPlain(c) })
			inURL := sign.Filter(func(c rune) bool { return c != ' ' })
			secret := inURL.Filter(func(c rune) bool { return c != '?' })
			n := 0
			rapid.Check(t, func(t *rapid.T) {
				n++
				user := rapid.StringOfN(secret, 1, 20, -1).Draw(t, "user")
				rest := "shop.example/" + rapid.StringOfN(inURL, 0, 60, -1).Draw(t, "rest")
				w := named(sample, fmt.Sprint(n, rapid.StringOfN(sign, 0, 60, -1).Draw(t, "id"), "."))
				w.URL = "https://" + user + "@" + rest
				if err := r.Create(t.Context(), "admin", w, anyNumber); err != nil {
					t.Fatal(err)
				}
				text := []rune(rapid.SampledFrom([]string{w.ID, w.EventType, "https://" + rest}).Draw(t, "in"))
				from := rapid.IntRange(0, len(text)-1).Draw(t, "from")
				part := flipped(t, text[from:rapid.IntRange(from+1, len(text)).Draw(t, "to")])
				found, err := r.Search(t.Context(), "admin", Search{Text: part, Limit: 1})
				if err != nil || len(found.Rows) != 1 || found.Rows[0].ID != w.ID {
					t.Fatalf("%q finds %+v, %v\nwant %+v", part, found, err, w)
				}
				for _, text := range []string{user, user + "@", user[:1] + "x" + user} {
					found, err := r.Search(t.Context(), "admin", Search{Text: text, Limit: 1})
					if err != nil {
						t.Fatal(err)
					}
					if held := holds(w.ID, text) || holds(w.EventType, text) || holds("https://"+rest, text); !held && len(found.Rows) > 0 && found.Rows[0].ID == w.ID {
						t.Fatalf("%q finds %q", text, w.URL)
					}
				}
			})
		})
	}
}

func isPlain(c rune) bool { return c >= ' ' && (c < 0x7f || c > 0x9f) && c != '\ufffd' }

// flipped has some letters in another case.
func flipped(t *rapid.T, text []rune) string {
	var b strings.Builder
	for _, c := range text {
		b.WriteRune(rapid.SampledFrom(allCases(c)).Draw(t, "case"))
	}
	return b.String()
}

// apart are the signs that match themselves alone.
const apart = "\u212A\u017F"

// allCases are the letters that Unicode says are the same.
func allCases(c rune) []rune {
	if strings.ContainsRune(apart, c) {
		return []rune{c}
	}
	all := []rune{c}
	for next := unicode.SimpleFold(c); next != c; next = unicode.SimpleFold(next) {
		if !strings.ContainsRune(apart, next) {
			all = append(all, next)
		}
	}
	return all
}

// holds reports whether a text has another within, in any case.
func holds(text, part string) bool {
	fold := func(c rune) rune { return slices.Min(allCases(c)) }
	return strings.Contains(strings.Map(fold, text), strings.Map(fold, part))
}
