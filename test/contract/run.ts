/** Runs contract cases against one server. */
import { systemClock } from '../../src/telemetry/clock.ts'
import type { Case, Step, StepResult } from './case.ts'
import { Naming, normalise } from './normalise.ts'
import { type Reply, type ServerUnderTest, send } from './send.ts'

const lists = /List$/

/** The results of every case, by name. Cases run one after the other, each under names of its own. */
export async function runContract(
  server: ServerUnderTest,
  cases: readonly Case[],
): Promise<Map<string, readonly StepResult[]>> {
  const results = new Map<string, readonly StepResult[]>()
  for (const one of cases) results.set(one.name, await runCase(server, one))
  return results
}

/** Names of objects and of the namespace, unique per case, so that cases do not affect each other. */
function caseId(name: string): string {
  const words = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  return `c-${words.slice(0, 50).replace(/-$/, '')}`
}

export async function runCase(server: ServerUnderTest, one: Case): Promise<readonly StepResult[]> {
  const id = caseId(one.name)
  const kept = new Map<string, string>([['case', id]])
  const naming = new Naming(id)
  const run: Run = { server, kept, naming, results: [] }
  await exchange(run, { call: 'POST /api/v1/namespaces', body: { metadata: { name: id } } })
  for (const step of one.steps) await runStep(run, step)
  return run.results
}

interface Run {
  readonly server: ServerUnderTest
  readonly kept: Map<string, string>
  readonly naming: Naming
  readonly results: StepResult[]
}

async function runStep(run: Run, step: Step): Promise<void> {
  if (step.call.endsWith(established)) await untilEstablished(run, step)
  const during: StepResult[] = []
  const inner: Run = { ...run, results: during }
  let calls = Promise.resolve()
  const opened = (): Promise<void> => {
    calls = (step.during ?? []).reduce((before, one) => before.then(() => runStep(inner, one)), calls)
    return calls
  }
  const reply = await exchange(run, step, opened)
  await calls
  run.results.push(resultOf(run, step, reply), ...during)
}

/** A suffix of a call: wait first until the definition is served. */
const established = '#established'
const maxPolls = 200

async function untilEstablished(run: Run, step: Step): Promise<void> {
  for (let poll = 0; poll < maxPolls; poll++) {
    const body = parse((await exchange(run, { call: step.call.replace(established, '') })).text)
    const conditions = at(body, 'status.conditions')
    const ready =
      Array.isArray(conditions) && conditions.some((one) => one.type === 'Established' && one.status === 'True')
    const served =
      ready &&
      (await exchange(run, { call: `GET /apis/${at(body, 'spec.group')}/v1/${at(body, 'spec.names.plural')}` }))
    if (served && served.status === 200) return
    await pause()
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => systemClock.after(50, resolve))
}

async function exchange(run: Run, step: Step, opened?: () => Promise<void>): Promise<Reply> {
  const [method = '', path = ''] = fill(step.call.replace(established, ''), run.kept).split(' ')
  const text =
    (step.text && fill(step.text, run.kept)) ??
    (step.body === undefined ? undefined : fill(JSON.stringify(step.body), run.kept))
  const token = step.token ?? run.server.token
  return send(run.server, {
    method,
    path,
    headers: {
      accept: step.accept ?? 'application/json',
      'user-agent': step.agent ?? 'contract/1',
      ...(text === undefined ? {} : { 'content-type': step.type ?? 'application/json' }),
      ...(token === 'none' ? {} : { authorization: `Bearer ${token}` }),
    },
    text,
    ...(step.events === undefined ? {} : { lines: step.events }),
    ...(opened && step.during ? { opened } : {}),
  })
}

function fill(text: string, kept: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\{\{(\w+)\}\}/g, (_all, name: string) => kept.get(name) ?? `missing-${name}`)
}

function resultOf(run: Run, step: Step, reply: Reply): StepResult {
  const parsed = step.events === undefined ? parse(reply.text) : events(reply.text, step.events)
  for (const [name, path] of Object.entries(step.keep ?? {})) run.kept.set(name, String(at(parsed, path)))
  let body = normalise(withoutListVersion(parsed), run.naming)
  for (const path of Object.keys(step.ignore ?? {})) body = without(body, path.split('.'))
  if (step.show) body = Object.fromEntries(step.show.map((path) => [path, at(body, path) ?? null]))
  if (step.brief) body = { reason: at(body, 'reason') ?? null, code: at(body, 'code') ?? null }
  const given = reply.headers.warning
  const warnings = typeof given === 'string' ? given.split(/, (?=299)/).map((text) => run.naming.text(text)) : undefined
  return { call: step.call, status: reply.status, ...(warnings ? { warnings } : {}), body }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function events(text: string, count: number): unknown {
  return text
    .split('\n')
    .slice(0, count)
    .filter((line) => line !== '')
    .map(parse)
}

/** The version of a list is the server's newest, whoever wrote last. */
function withoutListVersion(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || !('kind' in body) || !('metadata' in body)) return body
  const isTable = body.kind === 'Table'
  if (!(isTable || lists.test(String(body.kind))) || typeof body.metadata !== 'object') return body
  return { ...body, metadata: { ...body.metadata, resourceVersion: '0' } }
}

/** The value at a dotted path; a number is an index. */
export function at(value: unknown, path: string): unknown {
  let here = value
  for (const step of path.split('.')) {
    if (typeof here !== 'object' || here === null) return undefined
    here = (here as Record<string, unknown>)[step] // an object or an array, both answer to a key
  }
  return here
}

/** A copy without the value at `path`; `*` stands for every key. */
function without(value: unknown, path: readonly string[]): unknown {
  const [step, ...rest] = path
  if (step === undefined || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    return value.map((entry, index) => (step === '*' || step === String(index) ? without(entry, rest) : entry))
  }
  const out: Record<string, unknown> = {}
  for (const [key, entry] of Object.entries(value)) {
    const hit = step === '*' || step === key
    if (hit && rest.length === 0) continue
    out[key] = hit ? without(entry, rest) : entry
  }
  return out
}
