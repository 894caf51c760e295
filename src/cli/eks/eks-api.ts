/** The calls of the EKS API that `nodemend eks` makes, with the SDK's own request and response types. */
import type {
  Addon,
  AddonInfo,
  Cluster,
  CreateAddonCommandInput,
  Nodegroup,
  UpdateNodegroupConfigCommandInput,
} from '@aws-sdk/client-eks'
import { CommandError } from '../io.ts'

/** Every method rejects with {@link CommandError} `NM_EKS_API`, except where it says undefined. */
export interface EksApi {
  cluster(name: string): Promise<Cluster>
  /** The versions of one add-on that fit a Kubernetes version. */
  addonVersions(addonName: string, kubernetesVersion: string): Promise<readonly AddonInfo[]>
  /** Undefined when the cluster does not have it. */
  addon(clusterName: string, addonName: string): Promise<Addon | undefined>
  createAddon(input: CreateAddonCommandInput): Promise<Addon | undefined>
  nodegroups(clusterName: string): Promise<readonly Nodegroup[]>
  updateNodegroup(input: UpdateNodegroupConfigCommandInput): Promise<void>
}

export interface EksApiOptions {
  readonly region?: string
  /** Another address than that of the region, as `AWS_ENDPOINT_URL` sets it, too. */
  readonly endpoint?: string
}

/** Loads the SDK, which finds region and credentials as the aws command does. */
export async function openEks({ region, endpoint }: EksApiOptions): Promise<EksApi> {
  const sdk = await import('@aws-sdk/client-eks')
  const client = new sdk.EKSClient({ ...(region && { region }), ...(endpoint && { endpoint }) })
  return {
    cluster: (name) =>
      told(`cluster ${name}`, async () => {
        const { cluster } = await client.send(new sdk.DescribeClusterCommand({ name }))
        if (!cluster) throw new Error('the answer holds no cluster')
        return cluster
      }),
    addonVersions: (addonName, kubernetesVersion) =>
      told(`versions of add-on ${addonName}`, async () => {
        const found: AddonInfo[] = []
        const pages = sdk.paginateDescribeAddonVersions({ client }, { addonName, kubernetesVersion })
        for await (const { addons = [] } of pages) found.push(...addons)
        return found
      }),
    addon: (clusterName, addonName) =>
      told(`add-on ${addonName} of ${clusterName}`, async () => {
        try {
          return (await client.send(new sdk.DescribeAddonCommand({ clusterName, addonName }))).addon
        } catch (error) {
          if (error instanceof sdk.ResourceNotFoundException) return undefined
          throw error
        }
      }),
    createAddon: (input) =>
      told(`installing ${input.addonName}`, async () => (await client.send(new sdk.CreateAddonCommand(input))).addon),
    nodegroups: (clusterName) =>
      told(`node groups of ${clusterName}`, async () => {
        const names: string[] = []
        for await (const { nodegroups = [] } of sdk.paginateListNodegroups({ client }, { clusterName })) {
          names.push(...nodegroups)
        }
        const found: Nodegroup[] = []
        for (const nodegroupName of names) {
          const { nodegroup } = await client.send(new sdk.DescribeNodegroupCommand({ clusterName, nodegroupName }))
          if (nodegroup) found.push(nodegroup)
        }
        return found
      }),
    updateNodegroup: (input) =>
      told(`node group ${input.nodegroupName}`, async () => {
        await client.send(new sdk.UpdateNodegroupConfigCommand(input))
      }),
  }
}

/** Says what was asked for, and what usually helps. */
async function told<T>(what: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    const { name, message } = error as Error
    throw new CommandError('NM_EKS_API', `EKS, ${what}: ${message || name}${remedyOf(name, message)}`)
  }
}

function remedyOf(name: string, message: string): string {
  if (name === 'CredentialsProviderError') return '; log in as for the aws command (aws sts get-caller-identity)'
  if (/region is missing/i.test(message)) return '; give --region, or set AWS_REGION'
  if (name === 'AccessDeniedException') return '; the identity of aws sts get-caller-identity needs this right'
  return ''
}
