// Types of the API group apiextensions, in wire form. The fields come from @kubernetes/client-node.

import type {
  ApiextensionsV1ServiceReference,
  ApiextensionsV1WebhookClientConfig,
  V1CustomResourceColumnDefinition,
  V1CustomResourceConversion,
  V1CustomResourceDefinition,
  V1CustomResourceDefinitionCondition,
  V1CustomResourceDefinitionNames,
  V1CustomResourceDefinitionSpec,
  V1CustomResourceDefinitionStatus,
  V1CustomResourceDefinitionVersion,
  V1CustomResourceSubresourceScale,
  V1CustomResourceSubresources,
  V1CustomResourceValidation,
  V1ExternalDocumentation,
  V1JSONSchemaProps,
  V1SelectableField,
  V1ValidationRule,
  V1WebhookConversion,
} from '@kubernetes/client-node'
import type { Wire } from '#api/types/wire.ts'

export type CustomResourceColumnDefinition = Wire<V1CustomResourceColumnDefinition>
export type CustomResourceConversion = Wire<V1CustomResourceConversion>
export type CustomResourceDefinition = Wire<V1CustomResourceDefinition>
export type CustomResourceDefinitionCondition = Wire<V1CustomResourceDefinitionCondition>
export type CustomResourceDefinitionNames = Wire<V1CustomResourceDefinitionNames>
export type CustomResourceDefinitionSpec = Wire<V1CustomResourceDefinitionSpec>
export type CustomResourceDefinitionStatus = Wire<V1CustomResourceDefinitionStatus>
export type CustomResourceDefinitionVersion = Wire<V1CustomResourceDefinitionVersion>
export type CustomResourceSubresourceScale = Wire<V1CustomResourceSubresourceScale>
export type CustomResourceSubresources = Wire<V1CustomResourceSubresources>
export type CustomResourceValidation = Wire<V1CustomResourceValidation>
export type ExternalDocumentation = Wire<V1ExternalDocumentation>
export type JSONSchemaProps = Wire<V1JSONSchemaProps>
export type SelectableField = Wire<V1SelectableField>
export type ServiceReference = Wire<ApiextensionsV1ServiceReference>
export type ValidationRule = Wire<V1ValidationRule>
export type WebhookClientConfig = Wire<ApiextensionsV1WebhookClientConfig>
export type WebhookConversion = Wire<V1WebhookConversion>
