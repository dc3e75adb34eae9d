package repo

import (
	"fmt"
	"testing"
)

// FuzzD6_DeliveryID: what is taken for a delivery's ID is written in one way only.
func FuzzD6_DeliveryID(f *testing.F) {
	for _, seed := range []string{
		"msg_1_0011223344556677", "msg_9223372036854775807_ffffffffffffffff", "msg_9223372036854775808_ffffffffffffffff",
		"msg_01_0011223344556677", "msg_+1_0011223344556677", "msg_-1_0011223344556677", "msg_0_0011223344556677", "msg_1_001122334455667",
		"msg_1_0011223344556677_", "MSG_1_0011223344556677", "msg_1_001122334455667G", "msg_1_00112233\x0044556677", "msg_", "msg_1", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		serial, nonce := parseDeliveryID(id)
		if serial == 0 && nonce == "" {
			return
		}
		if serial < 1 || len(nonce) != 16 || fmt.Sprintf("msg_%d_%s", serial, nonce) != id {
			t.Fatalf("%q is %d, %q", id, serial, nonce)
		}
	})
}
