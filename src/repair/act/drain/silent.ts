/** Whether the kubelet of a node has been silent for so long that its pods are not waited for. */

/** kube-controller-manager turns Ready Unknown about 50 s after the lease stopped; a restart of kubelet is shorter than this. */
const silentAfterMs = 5 * 60_000

/** A condition, as far as it says whether kubelet reports. */
export interface ReadyReport {
  readonly type: string
  readonly status: string
  readonly lastTransitionTime?: string | null
}

/** True where Ready has been Unknown for five minutes, by the API server's stamp. */
export function isSilent(conditions: readonly ReadyReport[], now: number): boolean {
  const ready = conditions.find((one) => one.type === 'Ready')
  return ready?.status === 'Unknown' && now - Date.parse(ready.lastTransitionTime ?? '') >= silentAfterMs
}
