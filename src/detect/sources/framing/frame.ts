/** What a line of a log is made of: layers of framing, and the text that somebody wrote. */

/**
 * `kernel`: the framing says so. `userspace`: a raw record of another facility, so somebody wrote it to /dev/kmsg.
 * `process`: a process wrote the line, which merely may quote the kernel. `unknown`: no framing tells.
 */
export type Writer = 'kernel' | 'userspace' | 'process' | 'unknown'

/** The time that a frame tells. */
export interface Stamp {
  /** As it stands in the line, without brackets. */
  readonly text: string
  /** Milliseconds since 1970, read as UTC where no zone stands; absent where the stamp has no year, or no known month. */
  readonly ms?: number
  /** Seconds since boot, for the kernel's own stamps. */
  readonly uptime?: number
}

/** One message, taken out of its framing. */
export interface Peeled {
  /** What the writer printed. */
  readonly text: string
  /** Texts that are shorter by layers which may as well be the message's own; the shortest first. Mostly empty. */
  readonly shorter: readonly string[]
  readonly writer: Writer
  /** Where `text` begins with a name that may be the writer's (`name: `, `name[1]: `): what stands behind it. */
  readonly behindName?: string
  readonly stamp?: Stamp
  readonly host?: string
  /** Name of the process or container that wrote it, where one is told. */
  readonly process?: string
  /** What was taken off, outermost first, in words: `syslog stamp`, `JSON`, `uptime`. */
  readonly layers: readonly string[]
}

/** A line on its way through the layers. Each layer takes its part off `text` and notes what it says. */
export class Peeling {
  text: string
  writer: Writer = 'unknown'
  /** A field hints at a process: it wrote the text, unless a frame of the kernel stands inside. */
  hintsAtProcess = false
  host: string | undefined
  process: string | undefined
  stamp: Stamp | undefined
  behindName: string | undefined
  /** A stamp or a priority was taken off just now, so a host and a name may follow. */
  stamped = false
  readonly layers: string[] = []
  /** Texts before each layer that may be the message's own. */
  #longer: string[] = []

  constructor(text: string) {
    this.text = text
  }

  /** The same layers around another text. */
  with(text: string): Peeling {
    const other = new Peeling(text)
    const { writer, hintsAtProcess, host, process, stamp, stamped } = this
    Object.assign(other, { writer, hintsAtProcess, host, process, stamp, stamped })
    other.layers.push(...this.layers)
    return other
  }

  /** Takes `length` characters off, and with them for good what was in front. */
  take(length: number, layer: string): true {
    this.#longer = []
    this.replace(this.text.slice(length), layer)
    return true
  }

  /** Takes characters off that may as well be the message's own, until a layer follows that is none of it for certain. */
  takeSoftly(length: number, layer: string): true {
    return this.replaceSoftly(this.text.slice(length), layer)
  }

  replace(text: string, layer: string): void {
    this.text = text
    this.layers.push(layer)
  }

  replaceSoftly(text: string, layer: string): true {
    this.#longer.push(this.text)
    this.replace(text, layer)
    return true
  }

  byKernel(): void {
    this.writer = 'kernel'
  }

  byProcess(name: string | undefined): true {
    this.writer = 'process'
    this.process ??= name
    return true
  }

  /** A later stamp is nearer to the message, and an uptime never hides a time of the day. */
  at(stamp: Stamp): void {
    this.stamp = { ...this.stamp, ...stamp }
  }

  done(): Peeled {
    const { text, writer, hintsAtProcess, behindName, stamp, host, process, layers } = this
    const [longest = text, ...rest] = this.#longer
    return {
      text: longest,
      shorter: longest === text ? [] : [text, ...rest.toReversed()],
      writer: hintsAtProcess && writer === 'unknown' ? 'process' : writer,
      ...(behindName !== undefined && { behindName }),
      ...(stamp && { stamp }),
      ...(host !== undefined && { host }),
      ...(process !== undefined && { process }),
      layers,
    }
  }
}
