/** The Java agent: weaves a few lines into stock broker classes, each of which calls {@link io.clusterlinks.host.HookBridge}. */
package io.clusterlinks.agent;
