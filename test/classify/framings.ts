/** The framings of fixtures/framings/framings.txt, as functions from a message to a log. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Framing {
  readonly name: string
  readonly template: string
}

const file = join(import.meta.dirname, '..', '..', 'fixtures', 'framings', 'framings.txt')

export const framings: readonly Framing[] = readFileSync(file, 'utf8')
  .split(/^## /m)
  .slice(1)
  .map((block) => {
    const end = block.indexOf('\n')
    return { name: block.slice(0, end), template: block.slice(end + 1).replace(/\n+$/, '') }
  })

/** The framing around a message of the kernel. */
export function byKernel({ template }: Framing, text: string): string {
  return fill(template, text, { tag: 'kernel', ident: 'kernel', transport: 'kernel', facility: 'kern', fac: '0' })
}

/** The framing around a process that quotes `text`: where the framing has no place for a writer, the text names it. */
export function byProcess({ template }: Framing, text: string): string {
  const named = /\{(?:tag|ident|transport)\}/.test(template)
  const writer = { tag: 'myapp[123]', ident: 'myapp', transport: 'syslog', facility: 'user', fac: '1' }
  return fill(template, named ? text : `myapp[123]: ${text}`, writer)
}

function fill(template: string, text: string, writer: Readonly<Record<string, string>>): string {
  const json = inString(text)
  const values: Readonly<Record<string, string>> = {
    ...writer,
    text,
    json,
    json2: inString(json),
    html: text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
    csv: text.replaceAll('"', '""'),
    octal: text,
    esc: '\x1b',
    tab: '\t',
    cr: '\r',
    rs: '\x1e',
    nul: '\0',
  }
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole)
}

const inString = (text: string): string => JSON.stringify(text).slice(1, -1)
