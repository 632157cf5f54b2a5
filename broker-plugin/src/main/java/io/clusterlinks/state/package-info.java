// SPDX-License-Identifier: Apache-2.0
/** The state of all links: an immutable image, the log it is read from, the snapshot it is kept in. */
package io.clusterlinks.state;
