// SPDX-License-Identifier: Apache-2.0
/** The story that {@code bin/quickstart.sh} tells. */
package io.clusterlinks.it.quickstart;
