// SPDX-License-Identifier: Apache-2.0
/** Everything that is said to a source cluster. */
package io.clusterlinks.source;
