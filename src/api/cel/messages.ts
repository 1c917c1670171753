// Messages in CEL, `Object{spec: Object.spec{replicas: 3}}`, written as the maps that they stand for.
//
// The library knows no messages without a type declared for each; to those who patch objects a message is a map whose
// keys are names. Pure, on the tokens of the text.

import { type Token, tokenize } from '#api/cel/tokens.ts'

/** The text with each message of one of `types` (`Object`, and what is below it) as a map. */
export function messagesAsMaps(source: string, types: readonly string[]): string {
  const tokens = tokenize(source)
  let out = ''
  let copied = 0
  /** Of each open bracket, whether it is that of a message. */
  const open: boolean[] = []
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!
    const end = messageStart(tokens, i, types)
    if (end !== undefined) {
      out += source.slice(copied, token.at)
      copied = tokens[end]!.at
      open.push(true)
      i = end
    } else if ('([{'.includes(token.text[0] ?? ' ') && token.kind === 'symbol') open.push(false)
    else if (token.kind === 'symbol' && ')]}'.includes(token.text)) open.pop()
    else if (open.at(-1) && isFieldName(tokens, i)) {
      out += `${source.slice(copied, token.at)}"${token.text}"`
      copied = token.at + token.text.length
    }
  }
  return out + source.slice(copied)
}

/** The position of the brace when a message begins at `start`. */
function messageStart(tokens: readonly Token[], start: number, types: readonly string[]): number | undefined {
  if (tokens[start]?.kind !== 'identifier' || !types.includes(tokens[start].text)) return undefined
  if (tokens[start - 1]?.text === '.') return undefined
  let at = start + 1
  while (tokens[at]?.text === '.' && tokens[at + 1]?.kind === 'identifier') at += 2
  return tokens[at]?.text === '{' ? at : undefined
}

function isFieldName(tokens: readonly Token[], at: number): boolean {
  if (tokens[at]?.kind !== 'identifier' || tokens[at + 1]?.text !== ':') return false
  const before = tokens[at - 1]?.text === '?' ? tokens[at - 2] : tokens[at - 1]
  return before?.text === '{' || before?.text === ','
}
