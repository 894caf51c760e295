/**
 * What `nodemend eks` calls of the AWS SDK. Loaded when such a command runs, never before; the bundler leaves out what is
 * not named here.
 */
export {
  CreateAddonCommand,
  DescribeAddonCommand,
  DescribeClusterCommand,
  DescribeNodegroupCommand,
  EKSClient,
  paginateDescribeAddonVersions,
  paginateListNodegroups,
  ResourceNotFoundException,
  UpdateNodegroupConfigCommand,
} from '@aws-sdk/client-eks'
