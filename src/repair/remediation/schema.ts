/**
 * NodemendRemediation and its template: the objects by which a health check of medik8s or Cluster API asks us to act on a node.
 * What is done is the policies' business, so there is nothing to set.
 */
import * as z from 'zod'

const text = (most: number) => z.string().max(most)

/** As `metav1.Condition`. */
const condition = z.object({
  type: text(316),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: text(1024).min(1),
  message: text(4096),
  lastTransitionTime: text(40),
})

export const remediationSpec = z.object({}).describe('Nothing: the RepairPolicies say what is done.')

export const remediationStatus = z.object({
  conditions: z
    .array(condition)
    .max(8)
    .optional()
    .describe('Processing, Succeeded and PermanentNodeDeletionExpected, as a NodeHealthCheck reads them.'),
})

export const remediationTemplateSpec = z.object({
  template: z.object({ spec: remediationSpec.default({}) }).describe('What a health check copies.'),
})

export type RemediationCondition = z.output<typeof condition>
