// Three Secrets as kube-apiserver v1.36.2 wrote them into etcd, one by each cipher. For tests.
//
// Under the key that they lie there: protobuf, encrypted, behind the prefix that names cipher and key.

/** The keys: `key1` of each provider. */
export const UPSTREAM_KEYS = {
  aescbc: 'c2VjcmV0IGlzIHNlY3VyZQ==',
  aesgcm: 'c2VjcmV0IGlzIHNlY3VyZQ==',
  secretbox: 'YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTY=',
} as const

/** `value` in base64. */
export const UPSTREAM_VALUES = [
  {
    cipher: 'aescbc',
    key: '/registry/secrets/default/a',
    password: 'topsecreta',
    value: [
      'azhzOmVuYzphZXNjYmM6djE6a2V5MTqoBxY288S7LuvpnWAHpGEN+/wfgJ/A/tKxZqXojU/O3n5pe0yyhmt6TLYCLsyUN7Zy',
      'iUpjcvMqv/trUiBVTL7E55ITCkLbbEEFD6GwxJWbn61vnQrJCOyNJmm8EVRM8ph6+og8jf+rfv5qytHiwAb3FTKQTuIgMafU',
      'ZvJ7aRHoynJIhZY5XsC+uKtjCEnyMInKLgP/cn/XC3+Tw7WtyDDj3uzzoUrjsOWcsdw9QYtc35Oxz6ZljN1xoJYxMbyUNZpx',
      'muKs4lfSCl6wCybirp2/cV1el+uTCtCZaod+U4MdMr4uV9GULibMBW0NvLedjx2SnA3EJLcPyZJ8sNfInt1O',
    ].join(''),
  },
  {
    cipher: 'aesgcm',
    key: '/registry/secrets/default/c',
    password: 'topsecretc',
    value: [
      'azhzOmVuYzphZXNnY206djE6a2V5MTqIElep8AvindACTlkfN41bP4MoJ2FuHQOCZYuAegUbWfcXd1BrG6A/zqXAxQFy89oO',
      'njkWs4eWa2Be1zUdk/e0ms3rHdg3uBdzMIkkqzXETfHEF8ELFgBqVmRi0nFkm95pSIunG9AxpRtHqpJyLnqCqqqMEdm08Quc',
      'WrBjhvgIh8ZzEBuCSNOKABgQfo7b6k6/HEvdNS30ToAKocVLt74C7wNweIql8qzxTA7IvY2lIvPZpYCoa9Oz93DyZrxlg0mN',
      'trZ6E206zrzLbkemU6qBpTZIcXrMfwweHocSoRsEH8Q2yB5PqSXr/8cMv2yS2NkD1gmWRYZ9KN+OnC0=',
    ].join(''),
  },
  {
    cipher: 'secretbox',
    key: '/registry/secrets/default/d',
    password: 'topsecretd',
    value: [
      'azhzOmVuYzpzZWNyZXRib3g6djE6a2V5MTrtyaBIzpMMUDWrkscoX5F5MeBINuEwCCxmjYKrncKcfhAyoxo+m6f87iwnqso4',
      'R65pwFz8hMZUEeuTAdbqzy7idlrXNcVtsC56PtK/tG6fHUmlQOgkycaA29AHRYxi8dvOiDWSQ4MNuc3mF40ebD5PJAYxv0rL',
      'f0tF9anSmfJfGDg8QNnLyUbUdXxK4mLXxyEgUFQ0o3GiLpmAfBl2VsMBhlyYvZmhCsZ3+CFgHU+tJCTlvoBOR1uaJ2F4B2Wx',
      'QsAu+qxf8ZixrT+0Z8Vb1nhuybd0PHsgpAkzbBqTcWU1bEqE1uUX3LxVSug/2kQBMCgSraeJ/Xwc8hhzQS+w5dw+rESL/dH1',
      'Yvw=',
    ].join(''),
  },
] as const
