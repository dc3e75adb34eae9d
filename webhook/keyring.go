package webhook

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
)

// What a stored secret begins with.
const (
	inClear  byte = 0
	isSealed byte = 1
)

const (
	keyBytes   = 32
	keyIDBytes = 4
)

// Keyring seals secrets for the database with the host's key (AES-256-GCM), and
// opens them with that or an older one. The zero Keyring has no key.
type Keyring struct {
	keys  []sealingKey
	seals bool // with the first of keys
}

type sealingKey struct {
	// prefix is isSealed and the key's ID, the beginning of a hash of it.
	prefix []byte
	// aead puts a nonce before what it seals.
	aead cipher.AEAD
}

// NewKeyring takes keys of 32 bytes. The first seals, all of them open. Where the
// first is nil, or there is none, secrets are stored in clear.
func NewKeyring(keys ...[]byte) (*Keyring, error) {
	k := &Keyring{seals: len(keys) > 0 && keys[0] != nil}
	for i, key := range keys {
		if i == 0 && !k.seals {
			continue
		}
		if len(key) != keyBytes {
			return nil, fmt.Errorf("key %d has %d bytes, not %d", i+1, len(key), keyBytes)
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, fmt.Errorf("key %d: %w", i+1, err)
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, fmt.Errorf("key %d: %w", i+1, err)
		}
		id := sha256.Sum256(append([]byte("merchant-webhooks key ID\x00"), key...))
		k.keys = append(k.keys, sealingKey{append([]byte{isSealed}, id[:keyIDBytes]...), aead})
	}
	return k, nil
}

// Seal gives the bytes to store for a secret of the webhook of an instance, which
// open for no other: 0 and the secret in clear, or 1, four bytes that tell the
// key, the nonce, the sealed secret.
func (k *Keyring) Seal(s Secret, instance, webhookID string) []byte {
	if !k.seals {
		return slices.Concat([]byte{inClear}, s)
	}
	key := k.keys[0]
	return key.aead.Seal(bytes.Clone(key.prefix), nil, s, owner(instance, webhookID))
}

// Open undoes Seal. What is stored in clear opens too, whatever keys there are.
// Its error names no secret: no key of the ring fits, or the bytes are not what
// was sealed for this webhook.
func (k *Keyring) Open(stored []byte, instance, webhookID string) (Secret, error) {
	if len(stored) == 1+secretBytes && stored[0] == inClear {
		return bytes.Clone(stored[1:]), nil
	}
	if len(stored) == 0 || stored[0] != isSealed {
		return nil, errors.New("the stored secret is neither sealed nor in clear")
	}
	err := errors.New("the stored secret was sealed with another key than those configured")
	for _, key := range k.keys {
		sealed, ours := bytes.CutPrefix(stored, key.prefix)
		if !ours {
			continue
		}
		err = errors.New("the stored secret is not what was sealed for this webhook")
		if s, failed := key.aead.Open(nil, nil, sealed, owner(instance, webhookID)); failed == nil {
			return s, nil
		}
	}
	return nil, err
}

// Prefix is what all that Seal gives begins with.
func (k *Keyring) Prefix() []byte {
	if !k.seals {
		return []byte{inClear}
	}
	return bytes.Clone(k.keys[0].prefix)
}

// owner ties a sealed secret to its webhook. No ID holds a NUL.
func owner(instance, webhookID string) []byte { return []byte(instance + "\x00" + webhookID) }
