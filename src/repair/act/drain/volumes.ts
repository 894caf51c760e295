/** Volumes that are still attached to a machine whose pods have left. */
import type { Api, KubeObject, Resource } from '../../../kube/api.ts'
import { isKubeError } from '../../../kube/errors.ts'
import { listObjects } from '../../../kube/objects.ts'
import type { Clock } from '../../../telemetry/clock.ts'
import { wordsOf } from './words.ts'

export const volumeAttachments: Resource = {
  group: 'storage.k8s.io',
  version: 'v1',
  plural: 'volumeattachments',
  kind: 'VolumeAttachment',
  namespaced: false,
}

/** One list serves every drain for so long: there is no selector by node. */
const knownForMs = 5_000
/** After a refusal they are not asked for. */
const refusedMs = 300_000

interface AttachmentObject extends KubeObject {
  readonly spec?: { readonly nodeName?: string; readonly source?: { readonly persistentVolumeName?: string } }
}

interface Attachment extends KubeObject {
  readonly node: string
  readonly volume: string
}

export class AttachedVolumes {
  readonly #api: Api
  readonly #clock: Clock
  #known: readonly Attachment[] | string = []
  #until = Number.NEGATIVE_INFINITY

  constructor(api: Api, clock: Clock) {
    this.#api = api
    this.#clock = clock
  }

  /** Names of the volumes attached to `node`; a text says why nobody can tell. Rejects with KubeError where that may pass. */
  async on(node: string): Promise<readonly string[] | string> {
    const now = this.#clock.monotonic()
    if (now >= this.#until) {
      try {
        const { items } = await listObjects<Attachment, AttachmentObject>(this.#api, volumeAttachments, { project })
        this.#known = items
        this.#until = now + knownForMs
      } catch (error) {
        if (!isKubeError(error, 'NM_KUBE_FORBIDDEN', 'NM_KUBE_NOT_FOUND')) throw error
        this.#known = wordsOf(`unknown whether volumes are still attached: ${error.message}`)
        this.#until = now + refusedMs
      }
    }
    const known = this.#known
    if (typeof known === 'string') return known
    return known.filter((one) => one.node === node).map(({ volume }) => volume)
  }
}

function project({ metadata, spec = {} }: AttachmentObject): Attachment {
  return { metadata: {}, node: spec.nodeName ?? '', volume: spec.source?.persistentVolumeName ?? metadata.name ?? '' }
}
