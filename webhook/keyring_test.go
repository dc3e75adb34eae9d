package webhook

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func keyring(t *testing.T, keys ...string) *Keyring {
	t.Helper()
	var ring [][]byte
	for _, key := range keys {
		ring = append(ring, bytes.Repeat([]byte(key), 32))
	}
	k, err := NewKeyring(ring...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestD4_Keyring(t *testing.T) {
	secret := NewSecret()
	opens := func(t *testing.T, k *Keyring, stored []byte) {
		t.Helper()
		if got, err := k.Open(stored, "admin", "a"); err != nil || !bytes.Equal(got, secret) {
			t.Errorf("it opens as %d bytes: %v", len(got), err)
		}
	}
	refuses := func(t *testing.T, k *Keyring, stored []byte, instance, id, want string) {
		t.Helper()
		got, err := k.Open(stored, instance, id)
		if got != nil || err == nil || err.Error() != want {
			t.Errorf("it opens as %d bytes: %v, want %s", len(got), err, want)
		}
	}
	const notThis = "the stored secret is not what was sealed for this webhook"
	const otherKey = "the stored secret was sealed with another key than those configured"
	one, two := keyring(t, "1"), keyring(t, "2")
	stored := one.Seal(secret, "admin", "a")

	t.Run("D4 sealed", func(t *testing.T) {
		opens(t, one, stored)
		if bytes.Contains(stored, secret[:8]) || !bytes.HasPrefix(stored, one.Prefix()) || len(one.Prefix()) != 5 {
			t.Errorf("stored is %x, the prefix %x", stored, one.Prefix())
		}
		if bytes.Equal(stored, one.Seal(secret, "admin", "a")) {
			t.Error("the nonce is the same twice")
		}
	})
	t.Run("D4 what stands in databases", func(t *testing.T) {
		var kept []byte
		if _, err := fmt.Sscanf("011c658e748a7587274688234c1a985ed337145ae58c932cfbbe16927146f6fa2793d51ca04db8b498dee97c1c913d618107edaf35d98b107ed4e86cbe9bfc293c", "%x", &kept); err != nil {
			t.Fatal(err)
		}
		if got, err := one.Open(kept, "admin", "a"); err != nil || !bytes.Equal(got, bytes.Repeat([]byte("s"), 32)) {
			t.Errorf("it opens as %d bytes: %v", len(got), err)
		}
	})
	t.Run("D4 for one webhook alone", func(t *testing.T) {
		refuses(t, one, stored, "admin", "b", notThis)
		refuses(t, one, stored, "other", "a", notThis)
		refuses(t, one, one.Seal(secret, "ab", "c"), "a", "bc", notThis)
	})
	t.Run("D4 another key", func(t *testing.T) {
		refuses(t, two, stored, "admin", "a", otherKey)
		refuses(t, keyring(t), stored, "admin", "a", otherKey)
	})
	t.Run("D4 tampered with", func(t *testing.T) {
		for i := range stored {
			changed := bytes.Clone(stored)
			changed[i] ^= 1
			if got, err := one.Open(changed, "admin", "a"); err == nil || got != nil {
				t.Errorf("with byte %d changed it opens", i)
			}
		}
		for n := range stored {
			if got, err := one.Open(stored[:n], "admin", "a"); err == nil || got != nil {
				t.Errorf("cut to %d bytes it opens", n)
			}
		}
	})
	t.Run("D4 a new key seals, the old one opens", func(t *testing.T) {
		both := keyring(t, "2", "1")
		opens(t, both, stored)
		opens(t, two, both.Seal(secret, "admin", "a"))
		if !bytes.Equal(both.Prefix(), two.Prefix()) || bytes.Equal(both.Prefix(), one.Prefix()) {
			t.Errorf("the prefixes are %x, %x and %x", both.Prefix(), two.Prefix(), one.Prefix())
		}
	})
	t.Run("D4 without a key, in clear", func(t *testing.T) {
		none := keyring(t)
		clear := none.Seal(secret, "admin", "a")
		if !bytes.Equal(clear, append([]byte{0}, secret...)) || !bytes.Equal(none.Prefix(), []byte{0}) {
			t.Errorf("stored is %x, the prefix %x", clear, none.Prefix())
		}
		opens(t, none, clear)
		opens(t, one, clear)
		got, err := none.Open(clear, "admin", "a")
		if err != nil {
			t.Fatal(err)
		}
		got[0] ^= 1
		opens(t, none, clear)
	})
	t.Run("D4 a key that only opens", func(t *testing.T) {
		k, err := NewKeyring(nil, bytes.Repeat([]byte("1"), 32))
		if err != nil {
			t.Fatal(err)
		}
		opens(t, k, stored)
		if clear := k.Seal(secret, "admin", "a"); clear[0] != 0 || !bytes.Equal(k.Prefix(), []byte{0}) {
			t.Errorf("stored is %x, the prefix %x", clear, k.Prefix())
		}
	})
	t.Run("D4 what is none", func(t *testing.T) {
		for _, stored := range [][]byte{nil, {}, {0}, {0, 1}, {2}, make([]byte, 34)} {
			refuses(t, one, stored, "admin", "a", "the stored secret is neither sealed nor in clear")
		}
	})
	t.Run("D4 keys of another length", func(t *testing.T) {
		for _, n := range []int{0, 16, 31, 33} {
			_, err := NewKeyring(make([]byte, 32), make([]byte, n))
			if err == nil || !strings.HasPrefix(err.Error(), "key 2 has ") {
				t.Errorf("%d bytes: %v", n, err)
			}
		}
	})
}
