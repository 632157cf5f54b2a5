// SPDX-License-Identifier: Apache-2.0
/**
 * The seam to the broker: narrow interfaces in JDK and kafka-clients types, with one implementation per broker line.
 * No other package names broker-internal classes.
 */
package io.clusterlinks.host;
