/** Lifecycle: builds the parts, starts and stops them with the broker. */
package io.clusterlinks.plugin;
