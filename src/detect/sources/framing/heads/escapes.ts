/** What terminals, browsers and string literals put between the characters of a message. */

/** Colours and other control sequences, as bytes or as people and programs write them. */
const control =
  /(?:\u{1b}|\\{1,4}(?:e|0?33|x1b|u001b)|#033|\^\[|\u241b|\ufffd(?=\[[\d;]{1,16}m))(?:\[[\d;?]{0,24}[A-Za-z]|\][^\u{7}\u{1b}]{0,200}(?:\u{7}|\u{1b}\\)|[()][A-Z0-9])/giu
/** A colour whose escape byte was lost on the way, as in pasted text. */
const orphan = /\[\d{1,3}(?:;\d{1,3}){0,4}m/g
const orphaned = /^\[\d{1,3}(?:;\d{1,3}){0,4}m/

const entity = /&(?:#(\d{1,6})|#x([\da-f]{1,5})|(amp|lt|gt|quot|apos|nbsp));/gi
const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' }
const block = /<\/?(?:td|tr|th|li|p|br)(?:\s[^<>]{0,200})?\/?>/gi
const tag =
  /<\/?(?:td|tr|th|tbody|table|li|ul|ol|p|pre|br|span|div|code|b|i|em|strong|font|a|samp|tt|html|body)(?:\s[^<>]{0,200})?\/?>/gi

/** Takes colours off; the text itself when there are none. */
export function withoutColours(text: string): string {
  const plain = text.replace(control, '')
  return orphaned.test(plain) || plain.includes('[0m') ? plain.replace(orphan, '') : plain
}

/** Cheap: most lines hold none of the characters that could begin an escape. */
export function mayHoldColours(text: string): boolean {
  return text.includes('\x1b') || text.includes('[0m') || text.includes(';1m') || orphaned.test(text)
}

/** `&lt;3&gt;` → `<3>`, and tags of a page go; the text itself when there are none. Twice escaped is escaped twice. */
export function withoutHtml(text: string): string {
  const plain = text.replace(block, ' ').replace(tag, '').trimEnd()
  const decode = (one: string): string =>
    one.replace(entity, (whole, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return named[name.toLowerCase()] ?? whole
      const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal)
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole
    })
  const once = decode(plain)
  return once !== plain && entity.test(once) ? decode(once) : once
}

const escaped = /\\(?:u([\da-fA-F]{4})|x([\da-fA-F]{2})|([\s\S]))/g
const letters: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }

/** The inside of a string literal of JSON or of another language → what it stands for. `\x0a`, the kernel's own escape, stays. */
export function unescapeString(inside: string): string {
  if (!inside.includes('\\')) return inside
  return inside.replace(escaped, (whole, unicode?: string, byte?: string, letter?: string) => {
    if (unicode !== undefined) return String.fromCharCode(Number.parseInt(unicode, 16))
    if (byte !== undefined) return whole
    return letters[letter ?? ''] ?? letter ?? whole
  })
}
