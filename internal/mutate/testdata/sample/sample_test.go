package sample

import (
	"strings"
	"testing"
)

func TestFee(t *testing.T) {
	for _, c := range []struct{ weight, price, fee int }{
		{0, 50, 2}, {1, 50, 8}, {3, 50, 23}, {10, 101, -107}, {12, 50, 107},
	} {
		if fee, err := Fee(c.weight, c.price); err != nil || fee != c.fee {
			t.Errorf("%d, %d: %d (%v), want %d", c.weight, c.price, fee, err, c.fee)
		}
		if twice, _ := Twice(c.weight, c.price); twice != 2*c.fee {
			t.Errorf("%d, %d: twice is %d", c.weight, c.price, twice)
		}
		if free, err := IsFree(c.weight, c.price); err != nil || free != (c.fee < 0) {
			t.Errorf("%d, %d: free is %t (%v)", c.weight, c.price, free, err)
		}
	}
}

func TestRefused(t *testing.T) {
	if _, err := Fee(-1, 5); err == nil {
		t.Error("a weight below 0 is taken")
	}
	if _, err := Fee(1, -5); err == nil {
		t.Error("a price below 0 is taken")
	}
	if _, err := IsFree(-1, 5); err == nil {
		t.Error("a weight below 0 may be free")
	}
	if err := Lead(5); err != nil {
		t.Error(err)
	}
}

func TestGoods(t *testing.T) {
	if goods := shelves.Goods(); len(goods) < len(goodsSQL) {
		t.Errorf("%q is cut", goods)
	}
}

func TestSold(t *testing.T) {
	if !strings.Contains(goodsSQL, "sold IS NULL") {
		t.Errorf("%q lists what is sold", goodsSQL)
	}
}
