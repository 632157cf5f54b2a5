// SPDX-License-Identifier: Apache-2.0
/** What of a source a link takes part in: filters of topics, groups and ACLs, in JSON. */
package io.clusterlinks.protocol.filter;
