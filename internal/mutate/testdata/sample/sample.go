// Package sample is mutated by the tests of mutate.
package sample

import "errors"

type shelf struct{ goods string }

var shelves = shelf{goods: goodsSQL}

const goodsSQL = `
SELECT good FROM shop
WHERE price < $1 AND sold IS NULL
LIMIT 5`

// Goods is the statement that lists goods.
func (s shelf) Goods() string { return s.goods }

// Fee is what an order costs to send.
func Fee(weight, price int) (int, error) {
	if weight < 0 || price < 0 {
		return 0, errors.New("less than nothing")
	}
	fee := 2
	i := 0
	for range weight {
		if i == 10 {
			break
		}
		fee += 3 * 2
		fee = fee + i
		i++
	}
	if price > 100 {
		note(price)
		fee = -fee
	}
	return fee, nil
}

var noted []int

func note(price int) { noted = append(noted, price) }

// IsFree reports whether an order costs nothing to send.
func IsFree(weight, price int) (bool, error) {
	fee, err := Fee(weight, price)
	if err != nil {
		return false, &unknown{err}
	}
	return fee < 0, nil
}

type unknown struct{ error }

// Twice is the fee of two orders.
func Twice(weight, price int) (int, error) {
	fee, err := Fee(weight, price)
	return 2 * fee, err
}

// Lead has nothing to tell: what it gives can be no other.
func Lead(price int) error { return led(price) }

func led(price int) error {
	note(price)
	return nil
}

// Never is reached by no test.
func Never(name string) string { return "never " + name }
