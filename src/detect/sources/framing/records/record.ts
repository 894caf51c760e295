/** What a record of keys and values says: its message, who wrote it, where and when. The names are those of any vendor. */

import type { Peeling } from '../frame.ts'
import { stampAt } from '../heads/stamp.ts'
import type { Field, FieldRecord } from './fields.ts'

/** Names of keys without case and punctuation, the best first. */
const messageKeys = [
  'message',
  'msg',
  'syslogmessage',
  'logmessage',
  'rawmessage',
  'messagetext',
  'log',
  'raw',
  'eventoriginal',
  'shortmessage',
  'fullmessage',
  'textpayload',
  'text',
  'line',
  'body',
  'stringvalue',
  'values',
  'content',
  'event',
  'entry',
  'payload',
  'output',
  'data',
]
const ranks = new Map(messageKeys.map((key, rank) => [key, rank]))
/** From here on a key holds a message only where more than one word stands in it. */
const firstVague = messageKeys.indexOf('content')

/** These name the writer, whatever it is. */
const writerKeys = new Set(
  'syslogidentifier identifier comm program programname ident appname applicationname syslogappname syslogprogram syslogident process processname procname unit systemdunit syslogtag exe'.split(
    ' ',
  ),
)
/** These name the kernel, or say nothing: a stream, a source, a service of the log's own. */
const hintKeys = new Set(
  'transport facility facilityname syslogfacility syslogfacilitytext fac tag service source sourcetype logger app application component job logname'.split(
    ' ',
  ),
)
/** Programs that name themselves here wrote the line. */
const programKeys = new Set(['logger', 'app', 'application', 'component', 'caller'])
const hostKeys = new Set('hostname host computer node nodename sysloghostname hostip loghost'.split(' '))
const timeKeys = new Set(
  'timestamp realtimetimestamp sourcerealtimetimestamp time ts date timegenerated eventtime taloste talostime timereported'.split(
    ' ',
  ),
)
const kernel = /^(?:kernel|kern|kmsg|dmesg|vmunix|klogd|klog)(?:$|[.:\s[/])|[./](?:kmsg|dmesg|kern(?:el)?(?:\.log)?)$/i
const generic = /^(?:name|value|code|keyword|text|id|original)$/

/** The last word of a key that says something, without case and punctuation. */
function nameOf(key: string): string {
  const parts = key.split('.').filter((part) => part !== '')
  const last = parts.at(-1) ?? ''
  const chosen =
    parts.length > 1 && generic.test(last) ? (parts.at(-2) ?? '') + (last === 'original' ? last : '') : last
  return chosen.replace(/[^A-Za-z0-9]/g, '').toLowerCase()
}

/** The field that holds the message. Without a name that tells, the longest text that is more than one word. */
export function messageField(fields: readonly Field[]): Field | undefined {
  let best: Field | undefined
  let bestRank = messageKeys.length
  for (const field of fields) {
    const rank = ranks.get(nameOf(field.key))
    if (rank === undefined || rank > bestRank || (rank === bestRank && nameOf(field.key) !== 'values')) continue
    if (rank >= firstVague && !/\s/.test(field.value)) continue
    best = field
    bestRank = rank
  }
  return best
}

/** As {@link messageField}, for the records of vendors that name their keys in a way of their own. */
function anyText(fields: FieldRecord): Field | undefined {
  const texts = fields.filter(({ value }) => value.length > 15 && !/^[\d:.TZ+ -]+$/.test(value))
  return texts.reduce<Field | undefined>(
    (best, one) => (best && best.value.length >= one.value.length ? best : one),
    undefined,
  )
}

/** Puts the record's message in the place of its text; false when it holds none. */
export function readRecord(fields: FieldRecord, peeling: Peeling, layer: string): Field | undefined {
  const message = messageField(fields) ?? anyText(fields)
  if (!message) return undefined
  const hostBefore = peeling.host
  let told = false
  let quiet: 'kernel' | 'process' | undefined
  for (const { key, value } of fields) {
    const name = nameOf(key)
    if (writerKeys.has(name) && !told && value !== '') {
      told = true
      if (kernel.test(value)) peeling.byKernel()
      else peeling.byProcess(value)
    } else if (hintKeys.has(name)) {
      quiet ??= hint(name, value)
    } else if (name === 'stream') {
      if (kernel.test(value)) quiet ??= 'kernel'
    } else if (hostKeys.has(name) && peeling.host === hostBefore) {
      peeling.host = value
    } else if (timeKeys.has(name)) {
      readTime(value, peeling)
    }
  }
  if (!told) quiet ??= ofDmesg(fields)
  if (!told && quiet === 'kernel') peeling.byKernel()
  if (!told && quiet === 'process') {
    if (peeling.writer === 'kernel') peeling.byProcess(undefined)
    else peeling.hintsAtProcess = true
  }
  peeling.replace(message.value.replace(/^\r+|[\r\n]+$/g, ''), layer)
  return message
}

function hint(name: string, value: string): 'kernel' | 'process' | undefined {
  if (kernel.test(value) || (/facility|fac/.test(name) && value === '0')) return 'kernel'
  if (name === 'transport' && /^(?:stdout|syslog|journal|driver|audit)$/.test(value)) return 'process'
  if (name === 'syslogtag' || (name === 'tag' && /\[\d+\]:?$|^[\w-]+:$|containers/.test(value))) return 'process'
  return programKeys.has(name) ? 'process' : undefined
}

/** `dmesg --json` and readers of /dev/kmsg name no writer: their records have a priority beside the message. */
function ofDmesg(fields: FieldRecord): 'kernel' | undefined {
  const value = (name: string): string | undefined => fields.find(({ key }) => nameOf(key) === name)?.value
  const priority = value('pri') ?? (value('sec') !== undefined ? value('priority') : undefined)
  return value('msg') !== undefined && /^[0-7]$/.test(priority ?? '') ? 'kernel' : undefined
}

function readTime(value: string, peeling: Peeling): void {
  if (peeling.stamp?.ms !== undefined || peeling.stamp?.uptime !== undefined) return
  if (/^\d{1,9}\.\d{3,9}$/.test(value)) peeling.at({ text: value, uptime: Number(value) })
  else if (/^\d{10}(?:\d{3}|\d{6}|\d{9})?(?:\.\d+)?$/.test(value)) {
    peeling.at({
      text: value,
      ms: Math.floor(Number(`${value.slice(0, 10)}.${value.slice(10).replace('.', '')}`) * 1000),
    })
  } else {
    const found = stampAt(`${value} `)
    if (found) peeling.at(found.stamp)
  }
}
