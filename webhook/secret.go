package webhook

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"time"
)

// secretBytes is how long a secret is. Standard Webhooks asks for 24 to 64.
const secretBytes = 32

const (
	secretPrefix = "whsec_"
	maskedSecret = secretPrefix + "•••"
)

// Secret signs the deliveries of a webhook, as Standard Webhooks defines: 32
// random bytes. However it is printed, it is masked; Text shows it.
type Secret []byte

// NewSecret makes a secret.
func NewSecret() Secret {
	s := make(Secret, secretBytes)
	_, _ = rand.Read(s) // It never fails.
	return s
}

// Text is the secret as receivers are given it: whsec_ and its base64.
func (s Secret) Text() string { return secretPrefix + base64.StdEncoding.EncodeToString(s) }

// End is how the text ends, by which a person tells one secret from another.
func (s Secret) End() string {
	const shown = 4
	text := strings.TrimRight(s.Text(), "=")
	return text[len(text)-shown:]
}

// String is masked, so that no log shows a secret.
func (s Secret) String() string { return maskedSecret }

// Format is masked, whatever the verb: %x and %d would print the bytes.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, maskedSecret) }

// LogValue is masked.
func (s Secret) LogValue() slog.Value { return slog.StringValue(maskedSecret) }

// MarshalText is masked, and so is the secret as JSON.
func (s Secret) MarshalText() ([]byte, error) { return []byte(maskedSecret), nil }

// Sign gives one signature, "v1,…", of a message's ID, time (Unix seconds) and
// body.
func (s Secret) Sign(id string, at time.Time, body []byte) string {
	mac := hmac.New(sha256.New, s)
	_, _ = io.WriteString(mac, id+"."+strconv.FormatInt(at.Unix(), 10)+".")
	_, _ = mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
