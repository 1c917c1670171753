// A glance at a JSON text beside JSON.parse: what the parser does not tell.
//
// Counts the keys (fewer in the parsed value means that one was written twice), notices numbers whose spelling
// matters (1.0, 1e3, more digits than a double holds), and bounds the depth. One pass, strings are jumped over.

export interface Survey {
  readonly keys: number
  /** A number that Go may read differently: with a fraction, an exponent, or over 15 digits. */
  readonly hasOddNumbers: boolean
  readonly depth: number
}

const QUOTE = 34
const COLON = 58
const MAX_PLAIN_DIGITS = 15

/** Looks over `text`, which JSON.parse has accepted. */
export function surveyJson(text: string): Survey {
  let keys = 0
  let depth = 0
  let deepest = 0
  let digits = 0
  let hasOddNumbers = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code >= 48 && code <= 57) {
      if (++digits > MAX_PLAIN_DIGITS) hasOddNumbers = true
      continue
    }
    if (digits > 0 && (code === 46 || code === 69 || code === 101)) hasOddNumbers = true
    digits = 0
    if (code === QUOTE) i = endOfString(text, i)
    else if (code === COLON) keys++
    else if (code === 123 || code === 91) deepest = Math.max(deepest, ++depth)
    else if (code === 125 || code === 93) depth--
  }
  return { keys, hasOddNumbers, depth: deepest }
}

/** The closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end < 0 ? text.length : end
}

function isEscaped(text: string, position: number): boolean {
  let backslashes = 0
  while (text.charCodeAt(position - 1 - backslashes) === 92) backslashes++
  return backslashes % 2 === 1
}
