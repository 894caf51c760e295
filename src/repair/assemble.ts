/** The parts of the cluster half, put together: by the controller's command, by the demo and by tests. */
import type { Api } from '../kube/api.ts'
import type { EventRecorder } from '../kube/events/recorder.ts'
import type { Suggestions } from '../model/action.ts'
import type { Leadership } from '../model/node.ts'
import type { Provider } from '../providers/provider.ts'
import type { Clock, Random } from '../telemetry/clock.ts'
import type { Registry } from '../telemetry/exposition.ts'
import type { Log } from '../telemetry/log.ts'
import { actorsAmong, ownActionsWith } from './act/actions.ts'
import { Drainer } from './act/drain/run.ts'
import { Fence } from './act/fence/fence.ts'
import { LifecycleConditions } from './act/lifecycle/lifecycle.ts'
import { EvidenceCollector } from './act/on-node/evidence.ts'
import type { OnNodeSettings } from './act/on-node/pod.ts'
import { OnNodePods } from './act/on-node/pods.ts'
import { AttemptBook } from './attempt/book.ts'
import { Calls } from './attempt/calls.ts'
import { Executor } from './attempt/execute/executor.ts'
import { Controller } from './controller.ts'
import type { KarpenterNodeRepair } from './observe/karpenter-repair.ts'
import { Observer } from './observe/observer.ts'
import { Reporter } from './report.ts'
import { RightsQuestion } from './rights/question.ts'
import { controllerRemedy } from './rights/rights.ts'

export interface AssembleOptions {
  readonly api: Api
  readonly clock: Clock
  readonly random: Random
  readonly events: EventRecorder
  readonly registry: Registry
  readonly log: Log
  /** Who may replace nodes, in the order in which `auto` asks them. */
  readonly providers: readonly Provider[]
  readonly leadership: () => Leadership
  readonly lease: { readonly namespace: string; readonly name: string }
  /** Of the pods that act on nodes; absent: nothing is carried out there. */
  readonly onNode?: OnNodeSettings | undefined
  /** What the catalogue suggests, by reason. */
  readonly suggestions?: Suggestions | undefined
  /** See `ObserverOptions`. */
  readonly karpenterNodeRepair?: KarpenterNodeRepair | undefined
  /** How long everything settles after an outage. */
  readonly settleMs: number
  readonly onChange: () => void
  readonly signal: AbortSignal
}

export interface Assembled {
  readonly controller: Controller
  readonly observer: Observer
  readonly book: AttemptBook
  readonly reporter: Reporter
}

/** Connects the parts; nothing runs until `observer.run()` and `controller.pass()` are called. */
export function assemble(options: AssembleOptions): Assembled {
  const { api, clock, random, providers, leadership, lease, settleMs, onChange, signal } = options
  const reporter = new Reporter(options)
  const book = new AttemptBook(api)
  const drainer = new Drainer(api, clock, random)
  const remedy = controllerRemedy(
    lease.namespace,
    providers.map(({ name }) => name),
    options.onNode?.image,
  )
  const onNode = options.onNode && new OnNodePods(api, clock, options.onNode)
  const { suggestions } = options
  const parts = { api, clock, onNode, suggestions }
  const observer = new Observer({
    api,
    clock,
    random,
    book,
    providers,
    ownActions: ownActionsWith(parts),
    suggestions,
    settleMs,
    lease,
    remedy,
    karpenterNodeRepair: options.karpenterNodeRepair,
    onChange,
    onError: (resource, error) => reporter.unwatched(resource, error),
    onServed: (resource, error) => (error ? reporter.unserved(resource, error) : reporter.servedAgain(resource)),
    signal,
  })
  const lifecycle = new LifecycleConditions(api, clock)
  const findActor = actorsAmong(providers, parts)
  const executor = new Executor({
    api,
    clock,
    book,
    drainer,
    calls: new Calls(book, findActor),
    fence: new Fence({ api, clock, findActor, lease: (node) => observer.leases.of(node) }),
    leadership,
    lastLook: observer.lastLook,
    evidence: new EvidenceCollector(onNode),
    lifecycle,
    onPhase: (attempt) => reporter.phase(attempt),
  })
  const controller = new Controller({
    api,
    clock,
    observer,
    book,
    executor,
    drainer,
    providers,
    findActor,
    lifecycle,
    onNode,
    rights: new RightsQuestion(api, clock, remedy, options.onNode?.namespace ?? lease.namespace),
    reporter,
    leadership,
  })
  return { controller, observer, book, reporter }
}
