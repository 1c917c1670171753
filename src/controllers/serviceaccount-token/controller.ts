// Fills Secrets of type kubernetes.io/service-account-token, and deletes them with their service accounts.
//
//   Secret ─▶ its account exists? ─▶ token, ca.crt, namespace        account gone ─▶ Secret deleted
//
// Invariant: before a Secret is deleted the account has been asked for at the server.
// Upstream: pkg/controller/serviceaccount/tokens_controller.go

import { keyOf, type ObjectKey, objectKey, splitKey } from '#api/meta/object.ts'
import { isConflict, isNotFound } from '#api/meta/status.ts'
import { secrets, serviceAccounts } from '#api/resources.ts'
import type { Secret, ServiceAccount } from '#api/types/core.ts'
import type { Change } from '#client/informer.ts'
import type { Requeue } from '#client/work-queue.ts'
import { type Controller, type ControllerContext, controller, mapped } from '#controllers/controller.ts'
import {
  ACCOUNT_NAME,
  filled,
  isFor,
  isTokenSecret,
  lackOf,
  tokenClaims,
} from '#controllers/serviceaccount-token/plan.ts'
import { readTokenKeys, signToken } from '#sys/token-keys.ts'

const BY_ACCOUNT = 'controllers/token-secrets'

export function serviceAccountTokenController(context: ControllerContext): Controller {
  const { client, settings } = context
  const secretInformer = context.informers.informer(secrets)
  const accounts = context.informers.informer(serviceAccounts)
  secretInformer.addIndex(BY_ACCOUNT, (secret) => (isTokenSecret(secret) ? [accountKeyOf(secret)] : []))
  const signing = settings.serviceAccountKey ? readTokenKeys(settings.serviceAccountKey).signing : undefined

  async function reconcile(key: ObjectKey): Promise<Requeue> {
    const secret = secretInformer.get(key)
    if (!secret) return dropReferences(key)
    if (!isTokenSecret(secret)) return
    const account = await accountOf(secret)
    if (!account) return remove(secret)
    const lack = lackOf(secret, settings.rootCA)
    if (!lack || !signing) return
    const token = lack.token ? await signToken(signing, tokenClaims(account, secret)) : undefined
    await client.resource(secrets).update(filled(secret, account, lack, { rootCA: settings.rootCA, token }))
  }

  async function accountOf(secret: Secret): Promise<ServiceAccount | undefined> {
    const cached = accounts.get(accountKeyOf(secret))
    if (cached && isFor(secret, cached)) return cached
    const { namespace, name } = splitKey(accountKeyOf(secret))
    try {
      const fresh = await client.resource(serviceAccounts).get(namespace, name)
      return isFor(secret, fresh) ? fresh : undefined
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  async function remove({ metadata }: Secret): Promise<undefined> {
    const { namespace = '', name = '', uid = '' } = metadata ?? {}
    try {
      await client.resource(secrets).delete(namespace, name, { preconditions: { uid } })
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error
    }
  }

  /** Accounts list the Secrets that they had been given; one that is gone is none. */
  async function dropReferences(key: ObjectKey): Promise<undefined> {
    const { namespace, name } = splitKey(key)
    const referring = accounts
      .list(namespace)
      .filter((account) => account.secrets?.some((reference) => reference.name === name))
    for (const account of referring) {
      const left = account.secrets?.filter((reference) => reference.name !== name) ?? []
      await client.resource(serviceAccounts).update({ ...account, secrets: left })
    }
  }

  function secretsOfAccount({ type, object }: Change<ServiceAccount>): readonly ObjectKey[] {
    if (type === 'updated') return []
    return secretInformer.byIndex(BY_ACCOUNT, keyOf(object)).map(keyOf)
  }

  return controller(context, 'serviceaccount-token-controller', {
    watches: [
      mapped(secretInformer, ({ object }) => (isTokenSecret(object) ? [keyOf(object)] : [])),
      mapped(accounts, secretsOfAccount),
    ],
    workers: 5,
    reconcile,
  })
}

const accountKeyOf = ({ metadata }: Secret): ObjectKey =>
  objectKey(metadata?.namespace, metadata?.annotations?.[ACCOUNT_NAME] ?? '')
