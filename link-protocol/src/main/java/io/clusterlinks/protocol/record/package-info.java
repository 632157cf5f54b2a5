// SPDX-License-Identifier: Apache-2.0
/** The records of the compacted state topic {@code __cluster_links}: string keys, JSON values with a version. */
package io.clusterlinks.protocol.record;
