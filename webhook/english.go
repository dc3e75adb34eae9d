package webhook

// english is the catalogue of every message in English: one whole sentence, or
// two, for each key, since other languages inflect what English only names.
// Placeholders are in braces. The texts say what is wrong and what is allowed.
var english = map[string]string{
	// A value of any field, as JSON.
	"json.type": "{field} must be a JSON string, but it is of type {type}.",

	// webhook_id
	"webhook_id.missing":   "Enter an ID of 1 to {limit} characters.",
	"webhook_id.too_long":  "The ID has {n} characters. At most {limit} are allowed.",
	"webhook_id.dots":      "“.” and “..” can not be IDs.",
	"webhook_id.character": "The ID contains {char}. Every visible character is allowed but / and \\.",
	"webhook_id.invisible": "The ID contains an invisible character (U+{hex}). Remove it.",
	"webhook_id.space":     "The ID begins or ends with a space. Remove it.",
	"webhook_id.fixed":     "The ID can not be changed. Duplicate the webhook to give it another.",
	"webhook_id.encoding":  "The ID contains bytes that are not Unicode text. Send it as UTF-8.",

	// event_type
	"event_type.missing":  "Choose an event. There are: {list}.",
	"event_type.unknown":  "There is no event “{value}”. There are: {list}.",
	"event_type.encoding": "The event contains bytes that are not Unicode text. Send it as UTF-8.",

	// url
	"url.encoding":       "The address contains bytes that are not Unicode text. Send it as UTF-8.",
	"url.missing":        "Enter the address to send to. The other program gives it to you; it begins with https://",
	"url.host":           "After {scheme}:// a host name is missing, as in https://shop.example/hook",
	"url.scheme_missing": "The address needs https:// in front, such as https://{typed}",
	"url.scheme":         "The address begins with {scheme}:. It must begin with https:// or http://.",
	"url.space":          "The address contains a space after “{before}”. Remove it.",
	"url.space_outside":  "The address begins or ends with a space. Remove it.",
	"url.invisible":      "The address contains an invisible character (U+{hex}). Remove it.",
	"url.fragment":       "The address contains #. Remove # and what follows: it would not be sent.",
	"url.backslash":      "The address contains \\. Write / instead.",
	"url.too_long":       "The address has {n} bytes. At most {limit} are allowed.",
	"url.escape":         "The address contains a % that is not followed by two hexadecimal digits. Write %25 for the sign itself.",
	"url.authority":      "What stands between {scheme}:// and the next / can not be read. It is a host name, and a port after a colon if need be, as in https://shop.example:8443/hook",
	"url.port":           "The port is not a number from 1 to 65535. Correct it, or remove it with its colon.",
	"url.name":           "“{host}” can not be a host name. It has letters, digits and hyphens, with single dots between, as in https://shop.example/hook",
	"url.name_too_long":  "“{host}” is too long for a host name. At most 253 characters are allowed, and 63 between two dots.",
	"url.numbers":        "{host} ends in a number, but is not an address of four numbers from 0 to 255. Correct it, or write a host name.",
	"url.spelling":       "{host} is another spelling of {address}. Write {address}.",
	"url.zone":           "{host} names a network card of one computer. Remove % and what follows in the brackets.",
	"url.private":        "{host} is {address}: an address of a private or special network. Only public addresses can be reached from here.",

	// http_method
	"http_method.missing":  "Choose a method. There are: {list}.",
	"http_method.unknown":  "“{value}” is not a method. There are: {list}.",
	"http_method.encoding": "The method contains bytes that are not Unicode text. Send it as UTF-8.",

	// header_template
	"header_template.too_long":         "The headers have {n} KiB. At most {limit} are allowed.",
	"header_template.invisible":        "The headers contain an invisible character (U+{hex}) in line {line}. Remove it.",
	"header_template.encoding":         "The headers contain bytes that are not Unicode text. Send them as UTF-8.",
	"header_template.unclosed":         "Line {line} of the headers: {tag} is never closed. Write {close} after it.",
	"header_template.incomplete":       "Line {line} of the headers: {tag} is not complete. A variable is written {{name}}.",
	"header_template.empty":            "Line {line} of the headers: {tag} names nothing. A variable is written {{name}}.",
	"header_template.partial":          "Line {line} of the headers: {tag} is not possible. A text can only use the data of its event.",
	"header_template.unopened":         "Line {line} of the headers: {tag} closes nothing. Remove it, or write {open} before it.",
	"header_template.crossed":          "Line {line} of the headers: {tag} does not close {open} of line {opened}. Write {close} before it, or in its place.",
	"header_template.nested":           "Line {line} of the headers: {tag} stands within {limit} other sections. At most {limit} are allowed within each other.",
	"header_template.parts":            "Line {line} of the headers: {tag} has {n} names between dots. At most {limit} are allowed.",
	"header_template.delimiters":       "Line {line} of the headers: {tag} does not set delimiters. Write it like {{=<% %>=}}, each of them 1 to {limit} bytes long.",
	"header_template.root_section":     "Line {line} of the headers: {tag} is not possible, since {root} gives a value as text. Write {instead}.",
	"header_template.budget":           "The headers are too large when they are filled in. At most {size} MiB may come out, and at most {tags} tags may be filled in, those in a section each time anew.",
	"header_template.value_line_break": "Line {line} of the headers: a value from the event has a line break in it. A header is one line, so it can not hold this value.",
	"header_template.form":             "Line {line} of the headers is not of the form Name: value",
	"header_template.json":             "The headers are written as JSON. Write one a line: Content-Type: application/json",
	"header_template.name":             "Line {line} of the headers: the name “{name}” contains {char}. Letters, digits and !#$%&'*+-.^_`|~ are allowed.",
	"header_template.of_sending":       "Line {line} of the headers: {name} is set when sending and can not be chosen. Remove the line.",

	// body_template
	"body_template.too_long":     "The body has {n} KiB. At most {limit} are allowed.",
	"body_template.invisible":    "The body contains an invisible character (U+{hex}) in line {line}. Remove it.",
	"body_template.encoding":     "The body contains bytes that are not Unicode text. Send it as UTF-8.",
	"body_template.unclosed":     "Line {line} of the body: {tag} is never closed. Write {close} after it.",
	"body_template.incomplete":   "Line {line} of the body: {tag} is not complete. A variable is written {{name}}.",
	"body_template.empty":        "Line {line} of the body: {tag} names nothing. A variable is written {{name}}.",
	"body_template.partial":      "Line {line} of the body: {tag} is not possible. A text can only use the data of its event.",
	"body_template.unopened":     "Line {line} of the body: {tag} closes nothing. Remove it, or write {open} before it.",
	"body_template.crossed":      "Line {line} of the body: {tag} does not close {open} of line {opened}. Write {close} before it, or in its place.",
	"body_template.nested":       "Line {line} of the body: {tag} stands within {limit} other sections. At most {limit} are allowed within each other.",
	"body_template.parts":        "Line {line} of the body: {tag} has {n} names between dots. At most {limit} are allowed.",
	"body_template.delimiters":   "Line {line} of the body: {tag} does not set delimiters. Write it like {{=<% %>=}}, each of them 1 to {limit} bytes long.",
	"body_template.root_section": "Line {line} of the body: {tag} is not possible, since {root} gives a value as text. Write {instead}.",
	"body_template.budget":       "The body is too large when it is filled in. At most {size} MiB may come out, and at most {tags} tags may be filled in, those in a section each time anew.",

	// The request itself: its path, its query, its body.
	"path.unknown":     "There is nothing at this path.",
	"path.slash":       "There is nothing at this path. Remove the / at its end.",
	"method.allowed":   "This path takes {list} only.",
	"body.empty":       "The body is empty. Send one JSON object.",
	"body.json":        "The body must be one JSON object. What was sent is not JSON at byte {n}.",
	"body.object":      "The body must be one JSON object, but it is of type {type}.",
	"body.slow":        "The body did not arrive within the time limit.",
	"body.cut":         "The body ended before it was complete.",
	"body.too_large":   "The body is larger than {limit} bytes, the most that is read, decompressed.",
	"body.encoding":    "The body has the encoding “{value}”. One of gzip, deflate and identity is allowed.",
	"body.form":        "The form could not be read whole. Send it as application/x-www-form-urlencoded or multipart/form-data.",
	"body.compressed":  "The body is not {encoding}, though its Content-Encoding says so.",
	"parameter.offset": "offset must be a whole number, 0 or more.",
	"parameter.limit":  "limit must be a whole number from 1 to {most}, or from -{most} to -1 to walk backwards.",
	"parameter.once":   "{name} is given more than once. Give it once.",
	"cross_origin":     "This request came from a page of another site, so nothing was changed.",
	"webhook.changed":  "This webhook was changed while you were editing it.",
	"webhook.limit":    "There are {limit} webhooks already, as many as this instance may have. Delete one that is no longer needed.",
	"instance.id":      "“{id}” can not be an instance's ID. It has 1 to 128 of A-Z a-z 0-9 _ . @ -, and begins with a letter or a digit.",
}
