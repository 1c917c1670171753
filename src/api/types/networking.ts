// Types of the API group networking, in wire form. The fields come from @kubernetes/client-node.

import type {
  V1HTTPIngressPath,
  V1HTTPIngressRuleValue,
  V1Ingress,
  V1IngressBackend,
  V1IngressClass,
  V1IngressClassParametersReference,
  V1IngressClassSpec,
  V1IngressLoadBalancerIngress,
  V1IngressLoadBalancerStatus,
  V1IngressPortStatus,
  V1IngressRule,
  V1IngressServiceBackend,
  V1IngressSpec,
  V1IngressStatus,
  V1IngressTLS,
  V1IPAddress,
  V1IPAddressSpec,
  V1IPBlock,
  V1NetworkPolicy,
  V1NetworkPolicyEgressRule,
  V1NetworkPolicyIngressRule,
  V1NetworkPolicyPeer,
  V1NetworkPolicyPort,
  V1NetworkPolicySpec,
  V1ParentReference,
  V1ServiceBackendPort,
  V1ServiceCIDR,
  V1ServiceCIDRSpec,
  V1ServiceCIDRStatus,
} from '@kubernetes/client-node'
import type { Wire } from '#api/types/wire.ts'

export type HTTPIngressPath = Wire<V1HTTPIngressPath>
export type HTTPIngressRuleValue = Wire<V1HTTPIngressRuleValue>
export type IPAddress = Wire<V1IPAddress>
export type IPAddressSpec = Wire<V1IPAddressSpec>
export type IPBlock = Wire<V1IPBlock>
export type Ingress = Wire<V1Ingress>
export type IngressBackend = Wire<V1IngressBackend>
export type IngressClass = Wire<V1IngressClass>
export type IngressClassParametersReference = Wire<V1IngressClassParametersReference>
export type IngressClassSpec = Wire<V1IngressClassSpec>
export type IngressLoadBalancerIngress = Wire<V1IngressLoadBalancerIngress>
export type IngressLoadBalancerStatus = Wire<V1IngressLoadBalancerStatus>
export type IngressPortStatus = Wire<V1IngressPortStatus>
export type IngressRule = Wire<V1IngressRule>
export type IngressServiceBackend = Wire<V1IngressServiceBackend>
export type IngressSpec = Wire<V1IngressSpec>
export type IngressStatus = Wire<V1IngressStatus>
export type IngressTLS = Wire<V1IngressTLS>
export type NetworkPolicy = Wire<V1NetworkPolicy>
export type NetworkPolicyEgressRule = Wire<V1NetworkPolicyEgressRule>
export type NetworkPolicyIngressRule = Wire<V1NetworkPolicyIngressRule>
export type NetworkPolicyPeer = Wire<V1NetworkPolicyPeer>
export type NetworkPolicyPort = Wire<V1NetworkPolicyPort>
export type NetworkPolicySpec = Wire<V1NetworkPolicySpec>
export type ParentReference = Wire<V1ParentReference>
export type ServiceBackendPort = Wire<V1ServiceBackendPort>
export type ServiceCIDR = Wire<V1ServiceCIDR>
export type ServiceCIDRSpec = Wire<V1ServiceCIDRSpec>
export type ServiceCIDRStatus = Wire<V1ServiceCIDRStatus>
