package webhook

import "strings"

// take takes the next byte, or says what is wrong with it.
func (j *jsonText) take(c byte, at int) jsonFault {
	switch {
	case j.inString():
		return j.takeInString(c)
	case j.step == stepWord:
		return j.takeInWord(c)
	case j.step >= stepMinus: // in a number
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

// takeInString takes a byte of a string that does not mean itself (see feed).
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
	case c != '"':
		return faultControl
	case j.inName:
		j.step, j.inName, j.stringAt = stepColon, false, 0
	default:
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
