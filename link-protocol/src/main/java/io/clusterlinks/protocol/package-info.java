// SPDX-License-Identifier: Apache-2.0
/** What a client and the broker plugin agree on: names, configs, states, state records, wire contract. */
package io.clusterlinks.protocol;
