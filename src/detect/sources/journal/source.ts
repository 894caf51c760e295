/**
 * The journal as a log source: follows `journalctl --follow`, restarted after its cursor when it ends. It hands over the
 * lines of units, each attested by journald and never by the identifier that a process sets; or, where /dev/kmsg is
 * refused, the kernel's (docs/adr/0024-kernel-log-without-privileged.md).
 */

import type { LogName } from '../../../model/evidence.ts'
import type { Cancel, Clock, Random } from '../../../telemetry/clock.ts'
import type { Children } from '../../host/children.ts'
import type { Host } from '../../host/host.ts'
import type { Cursors } from '../../ledger/state-file.ts'
import type { SteadyTime } from '../../ledger/steady-time.ts'
import type { LogLine, LogSink, LogSource } from '../log-source.ts'
import { type JournalRecord, parseRecord } from './record.ts'
import { canonicalUnit, withAliases } from './unit-names.ts'

export interface JournalSourceOptions {
  readonly host: Host
  readonly children: Children
  readonly clock: Clock
  readonly random: Random
  readonly time: SteadyTime
  readonly cursors: Cursors
  /** Units of each rule, undefined for a rule that matches every unit; or the kernel in place of units. */
  readonly units: 'kernel' | (() => readonly (readonly string[] | undefined)[])
}

export function journalSource(options: JournalSourceOptions): LogSource {
  return new JournalSource(options)
}

/** Delay before an ended reader is restarted; doubles up to a minute. */
const restartMs = 1_000
const longestRestartMs = 60_000
/** Time between two checks for a journal on a machine that has none. */
const absentMs = 10 * 60_000
/** A reader that writes nothing for this long has reached the end. */
export const quietMs = 2_000
/** Longest entry, bytes; journalctl writes fields of more than 4 KiB as null. */
const longestEntry = 65_536
/** Deadline and output limit of a single look. */
const lookMs = 20_000
const mostBytes = 64 * 1024 * 1024

const folders = ['var/log/journal', 'run/log/journal']
const fields = {
  units: 'MESSAGE,UNIT,_PID,_SYSTEMD_UNIT,_TRANSPORT,_BOOT_ID',
  kernel: 'MESSAGE,SYSLOG_FACILITY,SYSLOG_IDENTIFIER,SYSLOG_PID,_SOURCE_MONOTONIC_TIMESTAMP,_TRANSPORT,_BOOT_ID',
}

/** True on a machine with a journal, whether or not it has journalctl. */
export function keepsJournal(host: Host): boolean {
  return folders.some((folder) => host.list(folder).length > 0)
}

class JournalSource implements LogSource {
  /** The log whose rules the lines are held against. */
  readonly name: LogName
  readonly alive = true
  readonly #ofKernel: boolean
  readonly #cursorName: string
  /** Tells the commands of two sources apart. */
  readonly #program: string
  readonly #options: JournalSourceOptions
  readonly #bootId: string
  #sink: LogSink | undefined
  #cursor: string | undefined
  #rest = Buffer.alloc(0)
  #failures = 0
  #end: Cancel = () => undefined
  #timer: Cancel = () => undefined
  #quiet: Cancel = () => undefined
  #stopped = false

  constructor(options: JournalSourceOptions) {
    this.#options = options
    this.#ofKernel = options.units === 'kernel'
    this.name = this.#ofKernel ? 'kmsg' : 'journal'
    this.#cursorName = this.#ofKernel ? 'kernel-journal' : 'journal'
    this.#program = this.#ofKernel ? 'journalctl --dmesg' : 'journalctl'
    const boot = options.host.read('proc/sys/kernel/random/boot_id')
    this.#bootId = 'text' in boot ? boot.text.trim().replaceAll('-', '') : ''
    const stored = options.cursors[this.#cursorName]
    if (typeof stored === 'string') this.#cursor = stored
  }

  start(sink: LogSink): void {
    this.#sink = sink
    this.#follow()
  }

  async check(sink: LogSink): Promise<void> {
    if (this.#sink !== undefined) return // already followed: new lines arrive without a check
    if (!keepsJournal(this.#options.host)) return this.#tellAbsent(sink, 'this machine keeps no journal')
    const { children } = this.#options
    const args = [...this.#arguments(), '--boot', '--quiet']
    const outcome = await children.run({ name: this.#program, file: 'journalctl', args, deadlineMs: lookMs, mostBytes })
    if (outcome.kind === 'absent') return this.#tellAbsent(sink, 'this machine has no journalctl')
    if (outcome.kind !== 'ended') return sink.broke(outcome.why)
    if (outcome.status !== 0) return sink.broke(outcome.errors || `journalctl ended with status ${outcome.status}`)
    this.#sink = sink
    this.#take(Buffer.from(outcome.output))
    this.#batch(0, true)
    this.#sink = undefined
  }

  stop(): void {
    this.#stopped = true
    for (const cancel of [this.#end, this.#timer, this.#quiet]) cancel()
  }

  #follow(): void {
    if (this.#stopped) return
    if (!keepsJournal(this.#options.host)) {
      this.#absent('this machine keeps no journal')
      return
    }
    const from = this.#cursor === undefined ? ['--boot', '--lines=all'] : [`--after-cursor=${this.#cursor}`]
    const args = [...this.#arguments(), '--follow', '--quiet', ...from]
    this.#rest = Buffer.alloc(0)
    this.#awaitQuiet()
    this.#end = this.#options.children.follow({
      command: { name: `${this.#program} --follow`, file: 'journalctl', args },
      onOutput: (chunk) => this.#output(chunk),
      onEnd: ({ absent, why }) => (absent ? this.#absent('this machine has no journalctl') : this.#broke(why)),
    })
  }

  #output(chunk: Buffer): void {
    this.#failures = 0
    const lines = this.#take(chunk)
    this.#batch(lines, false)
    this.#awaitQuiet()
  }

  #awaitQuiet(): void {
    this.#quiet()
    this.#quiet = this.#options.clock.after(quietMs, () => this.#batch(0, true))
  }

  #batch(lines: number, atEnd: boolean): void {
    const cursor = this.#cursor === undefined ? {} : { cursor: { source: this.#cursorName, position: this.#cursor } }
    this.#sink?.batch({ ...cursor, atEnd, lost: 0, lines, handedOver: lines })
  }

  /** Hands over the complete lines of the output so far. Returns how many. */
  #take(chunk: Buffer): number {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    let start = 0
    let lines = 0
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      const record = parseRecord(bytes.toString('utf8', start, end))
      if (record) this.#line(record)
      start = end + 1
      lines++
    }
    const rest = bytes.subarray(start)
    this.#rest = rest.length > longestEntry ? Buffer.alloc(0) : Buffer.from(rest)
    return lines
  }

  #line(record: JournalRecord): void {
    this.#cursor = record.cursor
    const otherBoot = this.#bootId !== '' && record.bootId !== '' && record.bootId !== this.#bootId
    if ((record.transport === 'kernel') !== this.#ofKernel || otherBoot) return
    this.#sink?.line(lineOf(record, this.#options.time))
  }

  #broke(why: string): void {
    this.#quiet()
    this.#sink?.broke(why)
    const wait = Math.min(longestRestartMs, restartMs * 2 ** this.#failures++)
    this.#timer = this.#options.clock.after(wait * (0.5 + this.#options.random() / 2), () => this.#follow())
  }

  #absent(why: string): void {
    this.#quiet()
    if (this.#sink) this.#tellAbsent(this.#sink, why)
    this.#timer = this.#options.clock.after(absentMs, () => this.#follow())
  }

  /** Every machine has a kernel log, so one that cannot be read here is no state of the machine. */
  #tellAbsent(sink: LogSink, why: string): void {
    if (this.#ofKernel) sink.broke(`The kernel log cannot be read: /dev/kmsg is refused, and ${why}; run privileged`)
    else sink.absentLog(why)
  }

  /**
   * Builds one match per unit: its own lines, and those of systemd about it. When a rule names no unit, all lines
   * match.
   */
  #arguments(): readonly string[] {
    const always = ['--output=json', '--no-pager']
    const { units: given } = this.#options
    if (given === 'kernel') return [...always, `--output-fields=${fields.kernel}`, '_TRANSPORT=kernel']
    const units = given()
    const named = units.every((one) => one !== undefined) ? withAliases(units.flat()) : []
    const matches = named.flatMap((unit) => [`_SYSTEMD_UNIT=${unit}`, '+', '_PID=1', `UNIT=${unit}`, '+'])
    return [...always, `--output-fields=${fields.units}`, ...matches.slice(0, -1)]
  }
}

function lineOf(record: JournalRecord, time: SteadyTime): LogLine {
  const { text, position, usec, units, transport, fromKernel } = record
  const bytes = Buffer.from(text)
  const attested = transport === 'kernel' ? (fromKernel ? 'kernel' : 'userspace') : undefined
  return {
    bytes,
    start: 0,
    end: bytes.length,
    position,
    trust: attested ?? (units.length === 0 ? 'userspace' : 'service'),
    ...(attested === undefined && units.length > 0 && { origins: units.map(canonicalUnit) }),
    at: () => time.fromBoot(usec / 1000),
  }
}
