// SPDX-License-Identifier: Apache-2.0
/** The command line: small command classes over {@link io.clusterlinks.client.ClusterLinkAdmin}. */
package io.clusterlinks.cli;
