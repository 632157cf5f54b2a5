// SPDX-License-Identifier: Apache-2.0
/** {@link io.clusterlinks.client.ClusterLinkAdmin}: a typed layer over any Kafka {@code Admin}, see docs/protocol.md. */
package io.clusterlinks.client;
