package webhook

// A jsonText reads JSON byte by byte, as it is printed, and stops at the first
// byte that can not stay. It accepts what encoding/json does.
//
// It is a value: a copy goes on by itself. Two that are equal accept the same
// texts from there on.
type jsonText struct {
	step jsonStep
	// inName is set within a string that is a name.
	inName bool
	// word is what must still come of true, false or null.
	word string
	// open is the innermost object or list that is not closed, nil outside all.
	open *jsonOpen
	// stringAt is where the string began that it is in, else 0.
	stringAt int
}

// jsonOpen is an object or a list that is not closed yet.
type jsonOpen struct {
	bracket byte
	outer   *jsonOpen
	depth   int
	// at is where it was opened, in the reader's own measure.
	at int
}

// jsonStep is what a jsonText expects.
type jsonStep byte

const (
	stepStart    jsonStep = iota // the value that is the whole text
	stepValue                    // a value after a colon or a comma
	stepFirst                    // a value, or the end of a list
	stepName                     // a name after a comma
	stepFirstKey                 // a name, or the end of an object
	stepColon
	stepAfter // a comma or an end, after a value
	stepString
	stepEscape
	stepHex1 // hexadecimal digits after \u
	stepHex2
	stepHex3
	stepHex4
	stepMinus // the places in a number, named by what was read last
	stepZero
	stepDigits
	stepPoint
	stepFraction
	stepE
	stepSign
	stepExponent
	stepWord
)

// jsonFault is what is wrong with a byte, as its message's key.
type jsonFault string

const (
	faultValue   jsonFault = "preview.json_value"   // there must be a value here
	faultName    jsonFault = "preview.json_name"    // there must be a name here
	faultColon   jsonFault = "preview.json_colon"   // there must be a colon here
	faultComma   jsonFault = "preview.json_comma"   // there must be a comma or an end here
	faultLast    jsonFault = "preview.json_last"    // a comma stands before an end
	faultMore    jsonFault = "preview.json_more"    // it was over already
	faultControl jsonFault = "preview.json_control" // a line break or tab in a string
	faultEscape  jsonFault = "preview.json_escape"  // a backslash before what it can not be before
	faultNumber  jsonFault = "preview.json_number"
	faultWord    jsonFault = "preview.json_word" // neither true, false nor null
	faultDeep    jsonFault = "preview.json_deep"
	faultEmpty   jsonFault = "preview.json_empty"    // nothing came
	faultOpen    jsonFault = "preview.json_open"     // an object or a list is not closed
	faultString  jsonFault = "preview.json_unclosed" // a string is not closed
)

// maxJSONDepth is how deep encoding/json reads objects and lists in each other.
const maxJSONDepth = 10_000

// feed takes a text, whose bytes stand at the place at and behind it if it
// moves. It gives the offset of the first byte that can not stay and what is
// wrong with it; len(s) and "" if there is none.
func (j *jsonText) feed(s string, at int, moves bool) (int, jsonFault) {
	for i := 0; i < len(s); i++ {
		if j.step == stepString {
			if i += plainLength(s[i:]); i == len(s) {
				break
			}
		}
		place := at
		if moves {
			place += i
		}
		if fault := j.take(s[i], place); fault != "" {
			return i, fault
		}
	}
	return len(s), ""
}

// plainLength is how many bytes of a string's inside mean themselves.
func plainLength(s string) int {
	for i := range len(s) {
		if c := s[i]; c == '"' || c == '\\' || c < ' ' {
			return i
		}
	}
	return len(s)
}

// end says what is missing at the end of the text.
func (j *jsonText) end() jsonFault {
	switch {
	case j.step == stepStart:
		return faultEmpty
	case j.inString():
		return faultString
	case j.open != nil:
		return faultOpen
	case j.step == stepWord:
		return faultWord
	case j.step != stepAfter && !j.endsNumber():
		return faultNumber
	}
	return ""
}

func (j *jsonText) inString() bool { return j.step >= stepString && j.step <= stepHex4 }

// wantsValue reports whether a value may come next.
func (j *jsonText) wantsValue() bool {
	return j.step == stepStart || j.step == stepValue || j.step == stepFirst
}

// endsNumber reports whether a number may be over.
func (j *jsonText) endsNumber() bool {
	return j.step == stepZero || j.step == stepDigits || j.step == stepFraction || j.step == stepExponent
}
