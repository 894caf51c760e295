/** A real Prometheus of a test, with its answers as data. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { systemClock } from '../../src/telemetry/clock.ts'
import { freePorts } from '../cluster/process/ports.ts'
import { type ProcessGroup, waitFor } from '../cluster/process/processes.ts'
import { ruleFiles } from './rule-files.ts'

export interface Sample {
  readonly metric: Readonly<Record<string, string>>
  readonly value?: readonly [number, string]
}

export interface Target {
  readonly health: string
  readonly lastError: string
  readonly labels: Readonly<Record<string, string>>
}

/** A node of a parsed expression; a selector has matchers. */
export interface Parsed {
  readonly name?: string
  readonly matchers?: readonly { readonly name: string; readonly type: string; readonly value: string }[]
}

export class Prometheus {
  readonly #port: number

  private constructor(port: number) {
    this.#port = port
  }

  /** Starts it in `folder`, scraping and evaluating every second. */
  static async start(
    processes: ProcessGroup,
    { program, folder, scrapes }: { readonly program: string; readonly folder: string; readonly scrapes: unknown },
  ): Promise<Prometheus> {
    const [port = 0] = await freePorts(1)
    const config = join(folder, 'prometheus.yml')
    const every = { scrape_interval: '1s', evaluation_interval: '1s' }
    writeFileSync(config, stringify({ global: every, rule_files: ruleFiles, scrape_configs: scrapes }))
    const running = processes.start({
      name: 'prometheus',
      command: program,
      args: [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(folder, 'tsdb')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
    })
    const prometheus = new Prometheus(port)
    await waitFor(running, () => prometheus.#isReady(), 20_000)
    return prometheus
  }

  /** The series of `expr` now. */
  async now(expr: string): Promise<readonly Sample[]> {
    return (await this.#get<{ readonly result: readonly Sample[] }>('query', { query: expr })).result
  }

  /** The series that `expr` had at any time between `start` and now (seconds), looked at every second. */
  async since(start: number, expr: string): Promise<readonly Sample[]> {
    const query = { query: expr, start: String(start), end: String(systemClock.now() / 1000), step: '1' }
    return (await this.#get<{ readonly result: readonly Sample[] }>('query_range', query)).result
  }

  /** The selectors in `expr`. */
  async selectors(expr: string): Promise<readonly Parsed[]> {
    return selectorsIn(await this.#get<unknown>('parse_query', { query: expr }))
  }

  async targets(): Promise<readonly Target[]> {
    return (await this.#get<{ readonly activeTargets: readonly Target[] }>('targets', {})).activeTargets
  }

  /** Every rule with what went wrong at its last evaluation. */
  async rules(): Promise<readonly { readonly name: string; readonly health: string; readonly lastError?: string }[]> {
    const { groups } = await this.#get<{ groups: readonly { rules: Awaited<ReturnType<Prometheus['rules']>> }[] }>(
      'rules',
      {},
    )
    return groups.flatMap((group) => group.rules)
  }

  async #isReady(): Promise<boolean> {
    const answer = await fetch(`http://127.0.0.1:${this.#port}/-/ready`).catch(() => undefined)
    return answer?.ok ?? false
  }

  async #get<T>(path: string, query: Readonly<Record<string, string>>): Promise<T> {
    const answer = await fetch(`http://127.0.0.1:${this.#port}/api/v1/${path}?${new URLSearchParams(query)}`)
    const body = (await answer.json()) as { readonly status: string; readonly data: T; readonly error?: string }
    if (body.status !== 'success') throw new Error(`${path} ${JSON.stringify(query)}: ${body.error}`)
    return body.data
  }
}

function selectorsIn(parsed: unknown): readonly Parsed[] {
  if (typeof parsed !== 'object' || parsed === null) return []
  if ('matchers' in parsed) return [parsed as Parsed] // the form of a selector in Prometheus' API
  return Object.values(parsed).flatMap((part) => (Array.isArray(part) ? part.flatMap(selectorsIn) : selectorsIn(part)))
}
