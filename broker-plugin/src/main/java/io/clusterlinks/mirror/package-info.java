// SPDX-License-Identifier: Apache-2.0
/** The data path: fetcher threads, per-partition replicators, batch rewriting. */
package io.clusterlinks.mirror;
