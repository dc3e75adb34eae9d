package webhook

// MaskURL puts mask in the place of a URL's password.
func MaskURL(raw, mask string) string { return mask }

// IsSecretHeader reports whether the values of a header are kept from pages and
// logs.
func IsSecretHeader(name string) bool { return true }

// MaskHeaders puts mask in the place of the values of secret headers.
func MaskHeaders(template, mask string) string { return mask }
