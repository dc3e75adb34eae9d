package repo

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

func TestList(t *testing.T) {
	r := fresh(t)
	ctx := t.Context()
	for i := range 5 {
		create(t, r, "admin", named(sample, fmt.Sprint("w", i)))
		create(t, r, "sandbox", named(sample, fmt.Sprint("theirs ", i)))
	}
	all, more, err := r.List(ctx, "admin", Page{Limit: 10})
	if err != nil || len(all) != 5 || more {
		t.Fatalf("the list is %+v, more %v, %v", all, more, err)
	}
	for _, c := range []struct {
		name string
		page Page
		want []int // of all
		more bool
	}{
		{"C12 all, oldest first", Page{Limit: 1000}, []int{0, 1, 2, 3, 4}, false},
		{"C12 a first page with more behind it", Page{Limit: 2}, []int{0, 1}, true},
		{"C12 a page in the middle", Page{From: all[1].Serial, Limit: 2}, []int{2, 3}, true},
		{"C12 a last page", Page{From: all[3].Serial, Limit: 2}, []int{4}, false},
		{"C12 a last page that is just full", Page{From: all[2].Serial, Limit: 2}, []int{3, 4}, false},
		{"C12 nothing behind the last", Page{From: all[4].Serial, Limit: 2}, nil, false},
		{"C12 nothing behind the end", Page{From: math.MaxInt64, Limit: 2}, nil, false},
		{"C12 backwards, newest first", Page{From: math.MaxInt64, Backwards: true, Limit: 1000}, []int{4, 3, 2, 1, 0}, false},
		{"C12 backwards, more behind it", Page{From: math.MaxInt64, Backwards: true, Limit: 2}, []int{4, 3}, true},
		{"C12 backwards from the middle", Page{From: all[3].Serial, Backwards: true, Limit: 2}, []int{2, 1}, true},
		{"C12 backwards, just full", Page{From: all[2].Serial, Backwards: true, Limit: 2}, []int{1, 0}, false},
		{"C12 backwards from the first", Page{From: all[0].Serial, Backwards: true, Limit: 2}, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			items, more, err := r.List(ctx, "admin", c.page)
			if err != nil {
				t.Fatal(err)
			}
			var wanted []Item
			for _, i := range c.want {
				wanted = append(wanted, all[i])
			}
			if !slices.Equal(items, wanted) || more != c.more {
				t.Errorf("got %+v, more %v\nwant %+v, more %v", items, more, wanted, c.more)
			}
		})
	}
	t.Run("C12 what a list tells", func(t *testing.T) {
		if all[0].ID != "w0" || all[0].EventType != sample.EventType || all[0].Serial < 1 {
			t.Errorf("the first is %+v", all[0])
		}
	})
	t.Run("C12 a page goes on where its last webhook was deleted", func(t *testing.T) {
		want(t, errOf(r.Delete(ctx, "admin", "w1")), none, "")
		items, _, err := r.List(ctx, "admin", Page{From: all[1].Serial, Limit: 1})
		if err != nil || len(items) != 1 || items[0] != all[2] {
			t.Errorf("got %+v, %v", items, err)
		}
	})
	t.Run("C8 an unknown instance, and one that is empty", func(t *testing.T) {
		if err := r.AddInstance(ctx, nil, "empty"); err != nil {
			t.Fatal(err)
		}
		for _, backwards := range []bool{false, true} {
			page := Page{From: 1, Backwards: backwards, Limit: 20}
			_, _, err := r.List(ctx, "nobody", page)
			want(t, err, webhook.CodeInstanceUnknown, "nobody")
			if items, more, err := r.List(ctx, "empty", page); err != nil || len(items) > 0 || more {
				t.Errorf("the empty list is %+v, more %v, %v", items, more, err)
			}
		}
	})
}
