package webhook

import "strings"

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
			// The most frequent case, made short.
			n := plainLength(s[i:])
			if i += n; i == len(s) {
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

// take takes the next byte, or says what is wrong with it.
func (j *jsonText) take(c byte, at int) jsonFault {
	switch {
	case j.inString():
		return j.takeInString(c)
	case j.step == stepWord:
		return j.takeInWord(c)
	case j.step >= stepMinus && j.step <= stepExponent:
		if j.takeInNumber(c) {
			return ""
		}
		if !j.endsNumber() || c >= '0' && c <= '9' {
			return faultNumber
		}
		j.step = stepAfter
	}
	if c == ' ' || c == '\n' || c == '\r' || c == '\t' {
		return ""
	}
	switch j.step {
	case stepName, stepFirstKey:
		return j.takeName(c, at)
	case stepColon:
		if c != ':' {
			return faultColon
		}
		j.step = stepValue
		return ""
	case stepAfter:
		return j.takeAfter(c)
	}
	return j.takeValue(c, at)
}

// takeValue takes the first byte of a value.
func (j *jsonText) takeValue(c byte, at int) jsonFault {
	switch {
	case c == '{' || c == '[':
		return j.enter(c, at)
	case c == '"':
		j.step, j.stringAt = stepString, at
	case c == '-':
		j.step = stepMinus
	case c == '0':
		j.step = stepZero
	case c >= '1' && c <= '9':
		j.step = stepDigits
	case c == 't':
		j.step, j.word = stepWord, "rue"
	case c == 'f':
		j.step, j.word = stepWord, "alse"
	case c == 'n':
		j.step, j.word = stepWord, "ull"
	case c == ']' && j.step == stepFirst:
		j.leave()
	case c == ']' && j.open != nil && j.open.bracket == '[':
		return faultLast
	default:
		return faultValue
	}
	return ""
}

func (j *jsonText) enter(bracket byte, at int) jsonFault {
	depth := 1
	if j.open != nil {
		depth = j.open.depth + 1
	}
	if depth > maxJSONDepth {
		return faultDeep
	}
	j.open = &jsonOpen{bracket: bracket, outer: j.open, depth: depth, at: at}
	j.step = stepFirst
	if bracket == '{' {
		j.step = stepFirstKey
	}
	return ""
}

func (j *jsonText) leave() { j.open, j.step = j.open.outer, stepAfter }

func (j *jsonText) takeName(c byte, at int) jsonFault {
	switch {
	case c == '"':
		j.step, j.inName, j.stringAt = stepString, true, at
	case c == '}' && j.step == stepFirstKey:
		j.leave()
	case c == '}':
		return faultLast
	default:
		return faultName
	}
	return ""
}

func (j *jsonText) takeAfter(c byte) jsonFault {
	switch {
	case j.open == nil:
		return faultMore
	case c == ',' && j.open.bracket == '{':
		j.step = stepName
	case c == ',':
		j.step = stepValue
	case c == j.open.bracket+2: // ] and } come two after [ and {
		j.leave()
	default:
		return faultComma
	}
	return ""
}

func (j *jsonText) takeInString(c byte) jsonFault {
	switch {
	case j.step == stepEscape && c == 'u':
		j.step = stepHex1
	case j.step == stepEscape:
		if strings.IndexByte(`"\/bfnrt`, c) < 0 {
			return faultEscape
		}
		j.step = stepString
	case j.step == stepHex4 && isHex(c):
		j.step = stepString
	case j.step >= stepHex1:
		if !isHex(c) {
			return faultEscape
		}
		j.step++
	case c == '\\':
		j.step = stepEscape
	case c < ' ':
		return faultControl
	case c == '"' && j.inName:
		j.step, j.inName, j.stringAt = stepColon, false, 0
	case c == '"':
		j.step, j.stringAt = stepAfter, 0
	}
	return ""
}

func (j *jsonText) takeInWord(c byte) jsonFault {
	if c != j.word[0] {
		return faultWord
	}
	if j.word = j.word[1:]; j.word == "" {
		j.step = stepAfter
	}
	return ""
}

// takeInNumber takes a byte if it goes on with the number.
func (j *jsonText) takeInNumber(c byte) bool {
	digit := c >= '0' && c <= '9'
	from := j.step
	switch {
	case from == stepMinus && c == '0':
		j.step = stepZero
	case (from == stepMinus || from == stepDigits) && digit:
		j.step = stepDigits
	case (from == stepZero || from == stepDigits) && c == '.':
		j.step = stepPoint
	case (from == stepPoint || from == stepFraction) && digit:
		j.step = stepFraction
	case from != stepExponent && j.endsNumber() && c|0x20 == 'e':
		j.step = stepE
	case from == stepE && (c == '+' || c == '-'):
		j.step = stepSign
	case (from == stepE || from == stepSign || from == stepExponent) && digit:
		j.step = stepExponent
	default:
		return false
	}
	return true
}
