// SPDX-License-Identifier: Apache-2.0
/**
 * Clusters in which brokers die, leaders move, connections fail and operators err while clients write: one kind of fault
 * at a time, or all of them in an order that a seed decides.
 */
package io.clusterlinks.it.chaos;
