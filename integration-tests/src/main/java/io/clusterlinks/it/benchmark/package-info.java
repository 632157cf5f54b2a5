// SPDX-License-Identifier: Apache-2.0
/** Cluster links measured beside MirrorMaker 2 and Kafka's replica fetcher, in one run on one machine. */
package io.clusterlinks.it.benchmark;
