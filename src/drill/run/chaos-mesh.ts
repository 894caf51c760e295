/** Drills as objects of Chaos Mesh: its Task runs `nodemend drill run` in a pod. https://chaos-mesh.org/docs/create-chaos-mesh-workflow/ */

const apiVersion = 'chaos-mesh.org/v1alpha1'
/** The one template of the workflow. */
const entry = 'drill'
/** What a turn takes beyond the time of its drills, at most: a pod's start, and what is waited for at the end. Milliseconds. */
const marginMs = 4 * 60_000
/** No workflow is given up sooner: the image with our program may have to be pulled. */
const leastMs = 10 * 60_000
/** Reports of earlier runs that stay: their pods have the log. */
const kept = 4

export interface ChaosMeshOptions {
  readonly name: string
  readonly namespace: string
  /** An image with our program. */
  readonly image: string
  /** What follows `nodemend drill run`. */
  readonly args: readonly string[]
  /** How many drills run one after the other, each at most this long. */
  readonly turns: number
  readonly forMs: number
  /** A cron line; absent: once, now. */
  readonly schedule?: string
}

/** A Workflow, or the Schedule that makes one each time, never two at once. */
export function chaosMeshObject(options: ChaosMeshOptions): object {
  const { name, namespace, schedule } = options
  const workflow = workflowSpec(options)
  const metadata = { name, namespace }
  if (schedule === undefined) return { apiVersion, kind: 'Workflow', metadata, spec: workflow }
  const spec = { schedule, historyLimit: kept, concurrencyPolicy: 'Forbid', type: 'Workflow', workflow }
  return { apiVersion, kind: 'Schedule', metadata, spec }
}

function workflowSpec({ namespace, image, args, turns, forMs }: ChaosMeshOptions): object {
  const command = ['nodemend', 'drill', 'run', ...args, `--namespace=${namespace}`, '--output=markdown']
  const deadline = `${Math.ceil(Math.max(leastMs, turns * (forMs + marginMs)) / 60_000)}m`
  return {
    entry,
    templates: [{ name: entry, templateType: 'Task', deadline, task: { container: { name: entry, image, command } } }],
  }
}
