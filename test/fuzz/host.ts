/** A machine of fixtures/hosts in memory, some of whose files are damaged, unreadable or gone at each look. */
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { type FileRead, type Host, openHost, type Space } from '../../src/detect/host/host.ts'
import type { Random } from '../../src/telemetry/clock.ts'
import { inputOf } from './inputs.ts'

const hosts = join(import.meta.dirname, '..', '..', 'fixtures', 'hosts')

export class DamagedHost implements Host {
  readonly root: string
  readonly path: Host['path']
  /** How many files of a look are damaged: 0 none, 1 all. */
  share = 0
  #random: Random
  readonly #host: Host
  readonly #texts = new Map<string, FileRead>()
  readonly #lists = new Map<string, readonly string[]>()
  readonly #seeds: readonly string[]

  constructor(name: string, random: Random) {
    this.root = join(hosts, name)
    this.#host = openHost(this.root)
    this.path = this.#host.path
    this.#random = random
    this.#seeds = textsIn(this.root)
  }

  read(inside: string): FileRead {
    const whole = this.#texts.get(inside) ?? this.#host.read(inside)
    this.#texts.set(inside, whole)
    if (this.#random() >= this.share) return whole
    const luck = this.#random()
    if (luck < 0.1) return { absent: true }
    if (luck < 0.2) return { denied: 'EACCES: permission denied' }
    const seeds = 'text' in whole && luck < 0.9 ? [whole.text] : this.#seeds
    return { text: inputOf({ random: this.#random, seeds }) }
  }

  readSlowly(inside: string): Promise<FileRead> {
    return Promise.resolve(this.read(inside))
  }

  list(inside: string): readonly string[] {
    const whole = this.#lists.get(inside) ?? this.#host.list(inside)
    this.#lists.set(inside, whole)
    if (this.#random() >= this.share / 4) return whole
    return whole
      .filter(() => this.#random() < 0.8)
      .concat(this.#random() < 0.3 ? ['eth9\u202e', 'nvme7n1', '0000:zz:00.0'] : [])
  }

  link(inside: string): string | undefined {
    return this.#random() < this.share / 4 ? '../..//' : this.#host.link(inside)
  }

  space(): Promise<Space | undefined> {
    const size = (): number => Math.floor(this.#random() * 1e12)
    const full = this.#random() < this.share
    return Promise.resolve(
      full
        ? { device: '8:1', usedBytes: size(), freeBytes: 0, inodes: 0, freeInodes: size() }
        : { device: '259:1', usedBytes: size(), freeBytes: size(), inodes: 1e6, freeInodes: 9e5 },
    )
  }
}

/** The names of the fixture machines. */
export const machines = readdirSync(hosts)

/** The texts of a tree, each once. */
function textsIn(folder: string): readonly string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name))
  const texts = files.flatMap((file) => {
    const status = lstatSync(file)
    if (status.isSymbolicLink()) return readlinkSync(file)
    return status.isFile() && status.size < 65_536 ? readFileSync(file, 'utf8') : []
  })
  return [...new Set(texts)]
}
