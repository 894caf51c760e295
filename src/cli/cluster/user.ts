/** Who types a command: what a person writes into the cluster carries a name. */
import { type Api, selfSubjectReviews } from '../../kube/api.ts'
import { isKubeError } from '../../kube/errors.ts'
import { createObject } from '../../kube/objects.ts'
import type { Io } from '../io.ts'

const timeoutMs = 5_000

/** As whom the API server knows us; older servers do not tell. */
export async function userOf(api: Api, { env }: Io): Promise<string> {
  try {
    const review = await createObject<Review>(api, selfSubjectReviews, { metadata: {} }, { timeoutMs })
    return review.status?.userInfo?.username ?? env.USER ?? ''
  } catch (error) {
    if (!isKubeError(error)) throw error
    return env.USER ?? ''
  }
}

interface Review {
  readonly metadata: object
  readonly status?: { readonly userInfo?: { readonly username?: string } }
}
